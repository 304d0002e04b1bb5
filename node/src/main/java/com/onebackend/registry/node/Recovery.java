package com.onebackend.registry.node;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.Recovered;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.CatalogCommand;
import com.onebackend.registry.node.catalog.CatalogService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on without the majority: the catalog first, then the removal of whoever is lost, so that they are told so if
 * they return after all.
 *
 * <p><i>Thread:</i> one that may block.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final Duration LEADER_WAIT = Duration.ofSeconds(30);
    private static final long REMOVAL_SECONDS_MAX = 10;

    private final String self;
    private final Services services;

    Recovery(final String self, final Services services) {
        this.self = self;
        this.services = services;
    }

    Recovered run(final Caller caller, final RecoverRequest request) throws InterruptedException {
        final CatalogService catalog = services.catalog();
        final long ageMillis = catalog.ageMillis();
        final long index = catalog.recover(request, alive());
        LOG.warn("recovered without the majority by={} lost={} index={}", caller.slug(), request.lost(), index);
        if (!catalog.awaitReady(LEADER_WAIT)) {
            throw new RegistryException(
                    ErrorCode.INDETERMINATE,
                    "the catalog was recovered, but this node does not lead it yet: look at oo cluster status, then"
                            + " remove the lost nodes with oo nodes rm");
        }
        final List<String> removed = new ArrayList<>();
        for (final String id : request.lost()) {
            final NodeRecord node = catalog.node(id);
            if (node != null) {
                remove(caller, node);
                removed.add(id);
            }
        }
        return new Recovered(catalog.epoch(), index, ageMillis, removed);
    }

    private Set<String> alive() {
        return services.gossip().members().stream()
                .filter(member -> member.state().isReachable())
                .map(member -> member.id().nodeId())
                .filter(id -> !id.equals(self))
                .collect(Collectors.toSet());
    }

    private void remove(final Caller caller, final NodeRecord node) throws InterruptedException {
        final List<Member> members = services.gossip().members();
        try {
            services.catalog()
                    .write(new CatalogCommand.RemoveNode(
                            NodeApi.proposal(caller.slug()), node.id(), NodeApi.generation(members, node)))
                    .get(REMOVAL_SECONDS_MAX, TimeUnit.SECONDS)
                    .orThrow();
        } catch (final ExecutionException | TimeoutException e) {
            throw new RegistryException(
                    ErrorCode.INDETERMINATE,
                    "the catalog was recovered, but " + node.id() + " was not removed yet: " + e.getMessage()
                            + "; remove it with oo nodes rm " + node.id());
        }
    }
}
