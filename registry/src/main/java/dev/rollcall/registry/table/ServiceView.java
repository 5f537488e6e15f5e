package dev.rollcall.registry.table;

import dev.rollcall.registry.model.Instance;
import java.util.List;

/**
 * A service as it was at one moment. Immutable.
 *
 * @param index revision of the service's own last change, an instance's going included; 0 if it was never heard of
 * @param instances in any status, by id
 * @param endpoints those that may get traffic, by id
 */
public record ServiceView(String name, long index, List<Instance> instances, List<Instance> endpoints) {
    static ServiceView of(String name, long index, List<Instance> instances) {
        return new ServiceView(
                name,
                index,
                List.copyOf(instances),
                instances.stream().filter(Instance::isEndpoint).toList());
    }
}
