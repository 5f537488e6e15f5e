package dev.rollcall.agent.config;

import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.InvalidServiceException;
import dev.rollcall.registry.model.ServiceDefinition;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The YAML file of {@code --services-file}: {@code services: [{name, port, id, address, zone, weight, tags, meta, ttl,
 * checks: [{http|tcp, interval, timeout, rise, fall}]}]}. Whatever is not understood is an error with line and column; a
 * misspelt key is never passed over.
 */
final class ServicesFile {
    /** Far above any file of services, far below the heap. */
    private static final long MAX_BYTES = 1 << 20;

    private static final List<String> SERVICE_KEYS =
            List.of("name", "id", "address", "port", "zone", "weight", "tags", "meta", "ttl", "checks");
    private static final List<String> CHECK_KEYS = List.of("http", "tcp", "interval", "timeout", "rise", "fall");

    private final @Nullable String defaultAddress;

    private ServicesFile(@Nullable String defaultAddress) {
        this.defaultAddress = defaultAddress;
    }

    /**
     * Reads a file.
     *
     * @param defaultAddress of services that name none; null if it is not known yet
     */
    static List<ServiceDefinition> read(Path file, @Nullable String defaultAddress) throws ConfigException {
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new ConfigException(file + " is larger than 1 MiB");
            }
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + " does not exist");
        } catch (CharacterCodingException e) {
            throw new ConfigException(file + " is not UTF-8 text");
        } catch (IOException e) {
            throw new ConfigException(file + " cannot be read: " + e.getMessage());
        }
        try {
            return new ServicesFile(defaultAddress).services(YamlNode.parse(text));
        } catch (ConfigException e) {
            throw new ConfigException(file + ": " + e.line());
        }
    }

    private List<ServiceDefinition> services(@Nullable YamlNode root) throws ConfigException {
        List<ServiceDefinition> services = new ArrayList<>();
        if (root == null) {
            return services;
        }
        for (YamlNode.Entry entry : mapping(root, "the file").entries().values()) {
            if (!entry.key().equals("services")) {
                throw unknown(entry, List.of("services"));
            }
            for (YamlNode item : sequence(entry.value(), "services")) {
                services.add(service(mapping(item, "a service")));
            }
        }
        return services;
    }

    private ServiceDefinition service(YamlNode.Mapping mapping) throws ConfigException {
        requireKnown(mapping, SERVICE_KEYS);
        YamlNode.Entry name = required(mapping, "name");
        YamlNode.Entry port = required(mapping, "port");
        try {
            ServiceDefinition.Builder service =
                    ServiceDefinition.named(text(name)).address(defaultAddress);
            service.port(read(port, text -> (int) Values.number(text, 1, 65_535)));
            for (YamlNode.Entry entry : mapping.entries().values()) {
                apply(service, entry);
            }
            return service.build();
        } catch (InvalidServiceException e) {
            throw new ConfigException(mapping.place() + ": " + e.getMessage());
        }
    }

    private static void apply(ServiceDefinition.Builder service, YamlNode.Entry entry) throws ConfigException {
        switch (entry.key()) {
            case "name", "port" -> {
                // Read first: without them there is no service.
            }
            case "id" -> service.id(text(entry));
            case "address" -> service.address(text(entry));
            case "zone" -> service.zone(text(entry));
            case "weight" -> service.weight(read(entry, text -> (int) Values.number(text, 1, 65_535)));
            case "ttl" -> service.ttl(Duration.ofSeconds(read(entry, text -> (long) Values.seconds(text))));
            case "tags" -> {
                for (YamlNode tag : sequence(entry.value(), "tags")) {
                    service.tag(scalar(tag, "a tag"));
                }
            }
            case "meta" -> {
                for (YamlNode.Entry meta :
                        mapping(entry.value(), "meta").entries().values()) {
                    service.meta(meta.key(), scalar(meta.value(), meta.key()));
                }
            }
            case "checks" -> {
                for (YamlNode check : sequence(entry.value(), "checks")) {
                    service.check(check(mapping(check, "a check")));
                }
            }
            default -> throw unknown(entry, SERVICE_KEYS);
        }
    }

    private static CheckDefinition check(YamlNode.Mapping mapping) throws ConfigException {
        requireKnown(mapping, CHECK_KEYS);
        YamlNode.Entry http = mapping.entries().get("http");
        YamlNode.Entry tcp = mapping.entries().get("tcp");
        try {
            CheckDefinition check;
            if (http != null && tcp == null) {
                check = CheckDefinition.http(text(http));
            } else if (tcp != null && http == null) {
                String target = text(tcp);
                check = CheckDefinition.tcp(target.startsWith("tcp://") ? target.substring(6) : target);
            } else {
                throw new ConfigException(mapping.place() + ": a check needs either 'http' or 'tcp'");
            }
            for (YamlNode.Entry entry : mapping.entries().values()) {
                check = timed(check, entry);
            }
            return check;
        } catch (InvalidServiceException e) {
            throw new ConfigException(mapping.place() + ": " + e.getMessage());
        }
    }

    private static CheckDefinition timed(CheckDefinition check, YamlNode.Entry entry) throws ConfigException {
        return switch (entry.key()) {
            case "http", "tcp" -> check;
            case "interval" -> check.withInterval(read(entry, Values::duration));
            case "timeout" -> check.withTimeout(read(entry, Values::duration));
            case "rise" -> check.withRise(read(entry, text -> (int) Values.number(text, 1, 100)));
            case "fall" -> check.withFall(read(entry, text -> (int) Values.number(text, 1, 100)));
            default -> throw unknown(entry, CHECK_KEYS);
        };
    }

    private static YamlNode.Entry required(YamlNode.Mapping mapping, String key) throws ConfigException {
        YamlNode.Entry entry = mapping.entries().get(key);
        if (entry == null) {
            throw new ConfigException(mapping.place() + ": this service has no '" + key + "'");
        }
        return entry;
    }

    private static <T> T read(YamlNode.Entry entry, Values.Reader<T> reader) throws ConfigException {
        String text = text(entry);
        try {
            return reader.read(text);
        } catch (ConfigException e) {
            throw new ConfigException(entry.value().place() + ": " + entry.key() + ": " + e.line());
        }
    }

    private static String text(YamlNode.Entry entry) throws ConfigException {
        return scalar(entry.value(), entry.key());
    }

    private static String scalar(YamlNode node, String what) throws ConfigException {
        if (node instanceof YamlNode.Scalar scalar && !scalar.text().isBlank()) {
            return scalar.text();
        }
        throw new ConfigException(node.place() + ": " + what + " needs a value");
    }

    private static List<YamlNode> sequence(YamlNode node, String what) throws ConfigException {
        if (node instanceof YamlNode.Sequence sequence) {
            return sequence.items();
        }
        throw new ConfigException(node.place() + ": " + what + " must be a list");
    }

    private static YamlNode.Mapping mapping(YamlNode node, String what) throws ConfigException {
        if (node instanceof YamlNode.Mapping mapping) {
            return mapping;
        }
        throw new ConfigException(node.place() + ": " + what + " must be a mapping of keys to values");
    }

    /** First of all, because a misspelt key is also one that is missing: the first is what to mend. */
    private static void requireKnown(YamlNode.Mapping mapping, List<String> known) throws ConfigException {
        for (YamlNode.Entry entry : mapping.entries().values()) {
            if (!known.contains(entry.key())) {
                throw unknown(entry, known);
            }
        }
    }

    private static ConfigException unknown(YamlNode.Entry entry, List<String> known) {
        return new ConfigException(
                entry.place() + ": unknown key '" + entry.key() + "', known are " + String.join(", ", known));
    }
}
