package dev.rollcall.registry.table;

import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.model.InvalidServiceException;
import dev.rollcall.registry.port.KeyValue.Change;
import dev.rollcall.registry.port.KeyValue.Listing;
import dev.rollcall.registry.port.KeyValue.Pair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns listings and changes of {@code rollcall/instances/} into snapshots. Confined to one thread, except for
 * {@link #snapshot()}.
 *
 * <p>A service that lost its last instance stays known for its index, so that a reader never sees it fall; of those at most
 * {@link #MAX_VANISHED}. When one more is forgotten, its index becomes a floor under that of every unknown service.
 */
final class TableModel {
    static final int MAX_VANISHED = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(TableModel.class);

    private final LinkedHashSet<String> vanished = new LinkedHashSet<>();
    private Map<String, ServiceView> views = new HashMap<>();
    private long index;
    private long forgottenIndex;
    private volatile TableSnapshot snapshot = TableSnapshot.EMPTY;

    TableSnapshot snapshot() {
        return snapshot;
    }

    /**
     * Replaces everything by a complete listing.
     *
     * @return names of the services that are not as they were
     */
    Set<String> replace(Listing listing) {
        Map<String, SortedMap<String, Instance>> listed = new HashMap<>();
        Map<String, Long> indexes = new HashMap<>();
        for (Pair pair : listing.pairs()) {
            InstanceName name = InstanceName.of(pair.key());
            if (name != null) {
                indexes.merge(name.service(), pair.modRevision(), Math::max);
                Instance instance = decode(pair);
                if (instance != null) {
                    listed.computeIfAbsent(name.service(), ignored -> new TreeMap<>())
                            .put(name.id(), instance);
                }
            }
        }
        Set<String> names = new HashSet<>(views.keySet());
        names.addAll(listed.keySet());
        if (listing.revision() < snapshot.revision()) {
            LOG.warn(
                    "the store went back from revision {} to {} (restored?); indexes start anew",
                    snapshot.revision(),
                    listing.revision());
            forget();
        }
        Set<String> changed = new HashSet<>();
        for (String name : names) {
            List<Instance> instances = new ArrayList<>(
                    listed.getOrDefault(name, Collections.emptySortedMap()).values());
            long lastWrite = indexes.getOrDefault(name, 0L);
            if (relist(name, instances, lastWrite, listing.revision())) {
                changed.add(name);
            }
        }
        publish(listing.revision());
        return changed;
    }

    /**
     * Follows changes.
     *
     * @return names of the services that they touch
     */
    Set<String> apply(long revision, List<Change> changes) {
        Map<String, SortedMap<String, Instance>> touched = new HashMap<>();
        Map<String, Long> indexes = new HashMap<>();
        for (Change change : changes) {
            Pair pair = change.pair();
            InstanceName name = InstanceName.of(pair.key());
            if (name == null) {
                continue;
            }
            indexes.merge(name.service(), pair.modRevision(), Math::max);
            SortedMap<String, Instance> instances = touched.computeIfAbsent(name.service(), this::instancesOf);
            Instance instance = change.deleted() ? null : decode(pair);
            if (instance == null) {
                instances.remove(name.id());
            } else {
                instances.put(name.id(), instance);
            }
        }
        touched.forEach((name, instances) ->
                put(ServiceView.of(name, indexes.getOrDefault(name, revision), new ArrayList<>(instances.values()))));
        publish(revision);
        return touched.keySet();
    }

    private boolean relist(String name, List<Instance> instances, long lastWrite, long revision) {
        ServiceView before = snapshot.service(name);
        boolean known = views.containsKey(name);
        long newIndex = Math.max(lastWrite, known ? before.index() : 0);
        boolean sameContent = before.instances().equals(instances);
        if (known && !sameContent && newIndex == before.index()) {
            // Something went while nobody watched. When exactly is lost, but it was not after this listing.
            newIndex = revision;
        }
        put(ServiceView.of(name, newIndex, instances));
        return !sameContent || newIndex != before.index();
    }

    private void put(ServiceView view) {
        views.put(view.name(), view);
        index = Math.max(index, view.index());
        vanished.remove(view.name());
        if (view.instances().isEmpty()) {
            vanished.add(view.name());
        }
        if (vanished.size() > MAX_VANISHED) {
            String eldest = vanished.iterator().next();
            vanished.remove(eldest);
            ServiceView gone = views.remove(eldest);
            forgottenIndex = Math.max(forgottenIndex, gone == null ? 0 : gone.index());
        }
    }

    private void forget() {
        views = new HashMap<>();
        vanished.clear();
        index = 0;
        forgottenIndex = 0;
    }

    private void publish(long revision) {
        snapshot = new TableSnapshot(revision, index, forgottenIndex, new HashMap<>(views));
    }

    private SortedMap<String, Instance> instancesOf(String name) {
        SortedMap<String, Instance> instances = new TreeMap<>();
        ServiceView view = views.get(name);
        if (view != null) {
            view.instances().forEach(instance -> instances.put(instance.id(), instance));
        }
        return instances;
    }

    private static @Nullable Instance decode(Pair pair) {
        try {
            return InstanceRecord.decode(pair.key(), pair.value());
        } catch (InvalidServiceException unreadable) {
            LOG.warn("ignored: {}", unreadable.getMessage());
            return null;
        }
    }

    /** Service and instance that a key names. */
    private record InstanceName(String service, String id) {
        static @Nullable InstanceName of(String key) {
            int slash = key.indexOf('/', InstanceRecord.INSTANCES.length());
            if (slash < 0 || !key.startsWith(InstanceRecord.INSTANCES)) {
                return null;
            }
            return new InstanceName(key.substring(InstanceRecord.INSTANCES.length(), slash), key.substring(slash + 1));
        }
    }
}
