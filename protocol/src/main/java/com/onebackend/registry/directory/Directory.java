package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;
import java.util.function.Consumer;

/**
 * The read model of instances.
 *
 * <p><i>Thread:</i> {@link #put}, {@link #remove} and {@link #publish} belong to the gossip loop; every read may come from
 * any thread, never blocks and sees each instance either before or after a change.
 */
public interface Directory {
    /** The instances of one service; an empty view when there are none. One hash lookup. */
    ServiceView service(String slug);

    /** One instance; null when there is none. One hash lookup. */
    Entry byId(String instanceId);

    /** The instance registered under this slug and url; null when there is none. One hash lookup. */
    Entry byAddress(String slug, String url);

    /**
     * Every instance that matches, ordered by id inside a service. Uses the narrowest index the query allows (id, slug,
     * deployment, node, host); only a query without any of these walks all.
     */
    void find(InstanceQuery query, Consumer<Entry> found);

    /** How many instances there are. */
    int size();

    /** How many services have at least one instance. */
    int services();

    /** Writer: this instance is new or changed; seen by readers after {@link #publish}. */
    void put(Instance instance);

    /** Writer: this instance is gone; seen by readers after {@link #publish}. */
    void remove(String instanceId);

    /** Writer: show readers what was put and removed. Cost: the sizes of the services touched. */
    void publish();
}
