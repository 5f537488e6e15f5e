package dev.rollcall.registry.table;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The whole table as it was at one revision. Immutable. */
public final class TableSnapshot {
    static final TableSnapshot EMPTY = new TableSnapshot(0, 0, 0, Map.of());

    private final long revision;
    private final long index;
    private final long forgottenIndex;
    private final Map<String, ServiceView> views;

    /**
     * @param index revision of the last change of any service
     * @param forgottenIndex highest index among the vanished services that are no longer remembered
     * @param views by name, vanished ones included; not changed any more
     */
    TableSnapshot(long revision, long index, long forgottenIndex, Map<String, ServiceView> views) {
        this.revision = revision;
        this.index = index;
        this.forgottenIndex = forgottenIndex;
        this.views = views;
    }

    /** The store's revision that it is complete up to. */
    public long revision() {
        return revision;
    }

    /** Revision of the last change of any service. */
    public long index() {
        return index;
    }

    /** One service; without instances if it is unknown or gone. */
    public ServiceView service(String name) {
        ServiceView view = views.get(name);
        return view != null ? view : ServiceView.of(name, forgottenIndex, List.of());
    }

    /** The services that have instances, by name. */
    public List<ServiceView> services() {
        return views.values().stream()
                .filter(view -> !view.instances().isEmpty())
                .sorted(Comparator.comparing(ServiceView::name))
                .toList();
    }

    Collection<ServiceView> views() {
        return views.values();
    }
}
