package dev.rollcall.registry.table;

import dev.rollcall.registry.loop.Loop;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Who follows which service. The first change of a service is told at once; what follows within {@link #COALESCE_MS} is
 * told once, at its end. Confined to the table's loop.
 */
final class Topics {
    static final long COALESCE_MS = 50;

    private final Loop loop;
    private final Function<String, ServiceView> current;
    private final Map<String, Topic> topics = new HashMap<>();

    Topics(Loop loop, Function<String, ServiceView> current) {
        this.loop = loop;
        this.current = current;
    }

    void add(String service, Subscriber subscriber) {
        topics.computeIfAbsent(service, Topic::new).subscribers.add(subscriber);
    }

    void remove(String service, Subscriber subscriber) {
        Topic topic = topics.get(service);
        if (topic != null) {
            topic.subscribers.remove(subscriber);
            if (topic.subscribers.isEmpty()) {
                topics.remove(service);
            }
        }
    }

    /** The services that somebody follows. */
    Set<String> names() {
        return Set.copyOf(topics.keySet());
    }

    void changed(Set<String> services, boolean reset) {
        // Of the two sets walk the smaller one: a listing may name thousands of services that nobody follows.
        if (services.size() <= topics.size()) {
            services.forEach(service -> changed(service, reset));
        } else {
            topics.keySet().stream().filter(services::contains).toList().forEach(service -> changed(service, reset));
        }
    }

    private void changed(String service, boolean reset) {
        Topic topic = topics.get(service);
        if (topic != null) {
            topic.changed(reset);
        }
    }

    private final class Topic {
        private final String service;
        private final Set<Subscriber> subscribers = new LinkedHashSet<>();
        private boolean pausing;
        private boolean dirty;
        private boolean dirtyReset;

        Topic(String service) {
            this.service = service;
        }

        void changed(boolean reset) {
            dirty = true;
            dirtyReset |= reset;
            if (!pausing) {
                tell();
            }
        }

        private void tell() {
            ServiceView view = current.apply(service);
            boolean reset = dirtyReset;
            dirty = false;
            dirtyReset = false;
            subscribers.forEach(subscriber -> subscriber.offer(view, reset));
            pausing = true;
            loop.after(COALESCE_MS, () -> {
                pausing = false;
                if (dirty) {
                    tell();
                }
            });
        }
    }
}
