package dev.rollcall.agent.config;

/** Stands in for the registry's. */
public record ServiceDefinition(String name) {}
