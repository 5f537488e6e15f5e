package dev.rollcall.agent.config;

/** The least severe lines that are logged. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
}
