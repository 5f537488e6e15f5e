package dev.rollcall.agent.config;

import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.InvalidServiceException;
import dev.rollcall.registry.model.ServiceDefinition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The services beside an agent: the one that flags describe, or those of a file. */
final class ServiceFlags {
    private static final List<Flag> TIMING =
            List.of(Flag.CHECK_INTERVAL, Flag.CHECK_TIMEOUT, Flag.CHECK_RISE, Flag.CHECK_FALL);

    private final Settings settings;
    private final @Nullable String defaultAddress;

    private ServiceFlags(Settings settings, @Nullable String defaultAddress) {
        this.settings = settings;
        this.defaultAddress = defaultAddress;
    }

    /**
     * Reads them.
     *
     * @param defaultAddress of services that name none; null if it is not known yet
     */
    static List<ServiceDefinition> read(Settings settings, @Nullable String defaultAddress) throws ConfigException {
        return new ServiceFlags(settings, defaultAddress).services();
    }

    private List<ServiceDefinition> services() throws ConfigException {
        Settings.Setting service = settings.get(Flag.SERVICE);
        Settings.Setting file = settings.get(Flag.SERVICES_FILE);
        if (service == null) {
            requireNoDescription();
            return file == null
                    ? List.of()
                    : distinct(Values.read(file, List.of(), name -> ServicesFile.read(Path.of(name), defaultAddress)));
        }
        if (file != null) {
            throw new ConfigException(
                    service.origin() + " and " + file.origin() + " are alternatives: put the service into the file");
        }
        return List.of(described(service));
    }

    private void requireNoDescription() throws ConfigException {
        for (Map.Entry<Flag, Settings.Setting> given : settings.given().entrySet()) {
            if (given.getKey().ofService()) {
                throw new ConfigException(given.getValue().origin() + " describes a service: name it with --service"
                        + " (or ROLLCALL_APP_NAME)");
            }
        }
    }

    private ServiceDefinition described(Settings.Setting name) throws ConfigException {
        Settings.Setting port = settings.get(Flag.SERVICE_PORT);
        if (port == null) {
            throw name.wrong("a service needs its port: add --service-port (or ROLLCALL_APP_PORT)");
        }
        try {
            ServiceDefinition.Builder service = ServiceDefinition.named(name.value())
                    .port(Values.read(port, 0, text -> (int) Values.number(text, 1, 65_535)))
                    .id(text(Flag.SERVICE_ID, null))
                    .address(text(Flag.SERVICE_ADDRESS, defaultAddress))
                    .zone(Values.read(settings.get(Flag.SERVICE_ZONE), "", text -> text))
                    .weight(Values.read(settings.get(Flag.SERVICE_WEIGHT), ServiceDefinition.DEFAULT_WEIGHT, text ->
                            (int) Values.number(text, 1, 65_535)))
                    .ttl(Duration.ofSeconds(Values.read(
                            settings.get(Flag.TTL), ServiceDefinition.DEFAULT_TTL_SECONDS, Values::seconds)));
            labels(service);
            CheckDefinition check = check();
            return (check == null ? service : service.check(check)).build();
        } catch (InvalidServiceException e) {
            throw new ConfigException(name.origin() + " " + name.value() + ": " + e.getMessage());
        }
    }

    private void labels(ServiceDefinition.Builder service) throws ConfigException {
        Settings.Setting tags = settings.get(Flag.SERVICE_TAG);
        if (tags != null) {
            tags.values().forEach(service::tag);
        }
        Settings.Setting meta = settings.get(Flag.SERVICE_META);
        if (meta != null) {
            for (String text : meta.values()) {
                Map.Entry<String, String> pair;
                try {
                    pair = Values.pair(text);
                } catch (ConfigException e) {
                    throw meta.wrong(e.line());
                }
                service.meta(pair.getKey(), pair.getValue());
            }
        }
    }

    private @Nullable CheckDefinition check() throws ConfigException {
        Settings.Setting check = settings.get(Flag.CHECK);
        if (check == null) {
            for (Flag flag : TIMING) {
                Settings.Setting given = settings.get(flag);
                if (given != null) {
                    throw given.wrong("describes a check: add --check (or ROLLCALL_APP_CHECK)");
                }
            }
            return null;
        }
        try {
            return CheckDefinition.parse(check.value())
                    .withInterval(duration(Flag.CHECK_INTERVAL, CheckDefinition.DEFAULT_INTERVAL))
                    .withTimeout(duration(Flag.CHECK_TIMEOUT, CheckDefinition.DEFAULT_TIMEOUT))
                    .withRise(count(Flag.CHECK_RISE, CheckDefinition.DEFAULT_RISE))
                    .withFall(count(Flag.CHECK_FALL, CheckDefinition.DEFAULT_FALL));
        } catch (InvalidServiceException e) {
            throw check.wrong(String.valueOf(e.getMessage()));
        }
    }

    private @Nullable String text(Flag flag, @Nullable String byDefault) {
        Settings.Setting given = settings.get(flag);
        return given == null ? byDefault : given.value();
    }

    private Duration duration(Flag flag, Duration byDefault) throws ConfigException {
        return Values.read(settings.get(flag), byDefault, Values::duration);
    }

    private int count(Flag flag, int byDefault) throws ConfigException {
        return Values.read(settings.get(flag), byDefault, text -> (int) Values.number(text, 1, 100));
    }

    /** Two instances with one id would fight over one key. */
    private static List<ServiceDefinition> distinct(List<ServiceDefinition> services) throws ConfigException {
        List<String> seen = new ArrayList<>();
        for (ServiceDefinition service : services) {
            String id = service.id() == null ? service.address() + ":" + service.port() : service.id();
            String key = service.name() + " " + id;
            if (seen.contains(key)) {
                throw new ConfigException("service " + service.name() + " is given twice as " + id
                        + ": give each instance an id of its own");
            }
            seen.add(key);
        }
        return services;
    }
}
