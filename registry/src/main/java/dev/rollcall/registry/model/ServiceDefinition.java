package dev.rollcall.registry.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A service that runs beside this agent, as its operator describes it. What is not given has a default; address, id and
 * check are filled in by {@link #at}.
 *
 * @param id unique among the instances of the service; null: made from name, address and port
 * @param address where it listens, host name or IP literal; null: the agent's own
 * @param zone free text, empty for none
 * @param weight share of the traffic, 1 to 65535
 * @param ttlSeconds how long others believe in it after its agent fell silent
 * @param checks empty: a TCP check on the port
 */
public record ServiceDefinition(
        String name,
        @Nullable String id,
        @Nullable String address,
        int port,
        String zone,
        int weight,
        List<String> tags,
        Map<String, String> meta,
        int ttlSeconds,
        List<CheckDefinition> checks) {
    public static final int DEFAULT_WEIGHT = 100;
    public static final int DEFAULT_TTL_SECONDS = 10;
    public static final int MIN_TTL_SECONDS = 2;
    public static final int MAX_TTL_SECONDS = 86_400;

    private static final int MAX_WEIGHT = 65_535;
    private static final int MAX_TAGS = 64;
    private static final int MAX_META = 64;
    private static final int MAX_CHECKS = 16;
    private static final int MAX_TEXT = 512;

    public ServiceDefinition {
        DnsLabel.require("service name", name);
        if (id != null) {
            DnsLabel.require("service id", id);
        }
        if (address != null) {
            HostPort.requireHost("service address", address);
        }
        HostPort.requirePort("service port", port);
        requireText("zone", zone);
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new InvalidServiceException(
                    "weight " + weight + " is out of range: use 1 to 65535 (to take it out of traffic, drain it)");
        }
        requireAtMost("tags", tags.size(), MAX_TAGS);
        tags.forEach(tag -> requireFilledText("tag", tag));
        tags = List.copyOf(tags);
        requireAtMost("metadata pairs", meta.size(), MAX_META);
        meta.forEach((key, value) -> {
            requireFilledText("metadata key", key);
            requireText("metadata value of " + key, value);
        });
        meta = InstanceRecord.ordered(meta);
        if (ttlSeconds < MIN_TTL_SECONDS || ttlSeconds > MAX_TTL_SECONDS) {
            throw new InvalidServiceException(
                    "ttl of " + ttlSeconds + "s is out of range: use whole seconds from 2s to 24h");
        }
        requireAtMost("checks", checks.size(), MAX_CHECKS);
        checks = List.copyOf(checks);
    }

    /** Starts a definition that has every default. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /**
     * Completes the definition: afterwards id and address are given and there is at least one check.
     *
     * @param defaultAddress where it listens unless it says so itself
     */
    public ServiceDefinition at(String defaultAddress) {
        String host = address != null ? address : defaultAddress;
        String instance = id != null ? id : defaultId(name, host, port);
        List<CheckDefinition> probes =
                checks.isEmpty() ? List.of(CheckDefinition.tcp(new HostPort(host, port).toString())) : checks;
        return new ServiceDefinition(name, instance, host, port, zone, weight, tags, meta, ttlSeconds, probes);
    }

    private static String defaultId(String name, String address, int port) {
        String host = address.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "-");
        String id = name + "-" + host + "-" + port;
        if (id.length() > DnsLabel.MAX_LENGTH) {
            id = id.substring(0, DnsLabel.MAX_LENGTH);
        }
        return id.replaceAll("-+$", "");
    }

    private static void requireFilledText(String what, String text) {
        if (text.isEmpty()) {
            throw new InvalidServiceException("a " + what + " must not be empty");
        }
        requireText(what, text);
    }

    private static void requireText(String what, String text) {
        if (text.length() > MAX_TEXT) {
            throw new InvalidServiceException(what + " is too long: use at most " + MAX_TEXT + " characters");
        }
    }

    private static void requireAtMost(String what, int count, int limit) {
        if (count > limit) {
            throw new InvalidServiceException(count + " " + what + " are too many: use at most " + limit);
        }
    }

    /** Collects a definition; {@link #build} checks it. */
    public static final class Builder {
        private final String name;
        private final List<String> tags = new ArrayList<>();
        private final Map<String, String> meta = new LinkedHashMap<>();
        private final List<CheckDefinition> checks = new ArrayList<>();
        private @Nullable String id;
        private @Nullable String address;
        private int port;
        private String zone = "";
        private int weight = DEFAULT_WEIGHT;
        private int ttlSeconds = DEFAULT_TTL_SECONDS;

        private Builder(String name) {
            this.name = name;
        }

        public Builder id(@Nullable String newId) {
            id = newId;
            return this;
        }

        public Builder address(@Nullable String newAddress) {
            address = newAddress;
            return this;
        }

        public Builder port(int newPort) {
            port = newPort;
            return this;
        }

        public Builder zone(String newZone) {
            zone = newZone;
            return this;
        }

        public Builder weight(int newWeight) {
            weight = newWeight;
            return this;
        }

        public Builder tag(String tag) {
            tags.add(tag);
            return this;
        }

        public Builder meta(String key, String value) {
            meta.put(key, value);
            return this;
        }

        /** Sets the TTL; parts of a second are refused, because leases count whole ones. */
        public Builder ttl(Duration ttl) {
            if (ttl.getNano() != 0) {
                throw new InvalidServiceException("ttl of " + ttl.toMillis() + "ms is not whole seconds");
            }
            ttlSeconds = (int) Math.max(-1, Math.min(ttl.getSeconds(), Integer.MAX_VALUE));
            return this;
        }

        public Builder check(CheckDefinition check) {
            checks.add(check);
            return this;
        }

        public ServiceDefinition build() {
            return new ServiceDefinition(name, id, address, port, zone, weight, tags, meta, ttlSeconds, checks);
        }
    }
}
