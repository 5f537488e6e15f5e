package dev.rollcall.registry.table;

/** Follows one service. Called on the context that subscribed, never with an older view than before. */
public interface EndpointListener {
    /**
     * @param view the service now, whole; changes that came close together are told once
     * @param reset whether the table was read anew, so that the index may have fallen; true at the first call
     */
    void changed(ServiceView view, boolean reset);
}
