package com.onebackend.registry.node.instances;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.gossip.HeartbeatVerdict;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.node.gossip.GossipLoop;
import java.util.List;
import java.util.function.Consumer;

/**
 * Registers, keeps alive and deregisters instances on this node.
 *
 * <p><i>Thread:</i> called from any; validates there, decides and writes on the gossip loop, answers when the write
 * is on disk.
 */
public final class InstanceService {
    private static final RegistryError OVERLOADED = new RegistryError(
            ErrorCode.OVERLOADED, "this node has too many writes waiting; nothing was changed, try again in a second");

    private static final RegistryError CLOSING = new RegistryError(
            ErrorCode.INDETERMINATE, "this node is ending; it may have happened or not, ask another node");

    /** The node was ready when the request came. */
    private static final RegistryError RELOADING = new RegistryError(
            ErrorCode.UNAVAILABLE, "this node has just begun to load everything anew; nothing was changed");

    /** Said of an instance until it gives a sign of life. */
    private static final String RESTORED = "restored from a backup; not heard of since";

    private final GossipLoop loop;
    private final String selfUrl;

    public InstanceService(final GossipLoop loop, final String selfUrl) {
        this.loop = loop;
        this.selfUrl = selfUrl;
    }

    /** Registers or updates; the identity is the id when given, else slug and url. */
    public void register(final Caller caller, final RegisterInstance request, final Reply<Instance> reply) {
        final String slug = request.slug().isEmpty() ? caller.slug() : request.slug();
        try {
            RegistrationRules.check(request);
            if (!caller.actsFor(slug)) {
                throw new RegistryException(
                        ErrorCode.FORBIDDEN,
                        "account " + caller.slug() + " may not register instances of " + slug + ", only its own");
            }
            if (RegistrationRules.hasAddress(request)) {
                RegistrationRules.url(request);
            } else if (request.id().isEmpty()) {
                throw RegistrationRules.invalid("an instance needs a url, or a host or ip with a port");
            }
        } catch (final RegistryException e) {
            reply.failure(e.error());
            return;
        }
        post(reply, turn -> registerOnLoop(turn, caller, slug, request, reply));
    }

    /** The instance lives. */
    public void heartbeat(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        post(reply, turn -> {
            final Instance known = turn.core().instance(instanceId);
            if (known != null && !caller.actsFor(known.slug())) {
                throw new RegistryException(
                        ErrorCode.FORBIDDEN,
                        "account " + caller.slug() + " may not give heartbeats of instance " + instanceId
                                + ", which belongs to another service");
            }
            final HeartbeatVerdict verdict = turn.core().heartbeat(instanceId, turn.now(), turn.effects());
            if (verdict.kind() == HeartbeatVerdict.Kind.UNKNOWN) {
                final RegistryError unknown = new RegistryError(
                        ErrorCode.NOT_FOUND, "there is no instance " + instanceId + "; register it in full");
                // It may be gone by a write that a crash could still undo.
                turn.whenDurable(() -> reply.failure(unknown), () -> reply.failure(CLOSING));
                return;
            }
            final Instance seen = turn.core()
                    .instance(instanceId)
                    .withLastHeartbeat(turn.now().wallMillis());
            if (verdict.kind() == HeartbeatVerdict.Kind.ADOPTED) {
                turn.whenDurable(() -> reply.success(seen), () -> reply.failure(CLOSING));
            } else {
                reply.success(seen);
            }
        });
    }

    /** Removes an instance everywhere and for good. */
    public void deregister(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        post(reply, turn -> {
            final Instance known = turn.core().instance(instanceId);
            if (known == null || !caller.actsFor(known.slug())) {
                // It may be gone by a write that a crash could still undo.
                final RegistryError unknown =
                        new RegistryError(ErrorCode.NOT_FOUND, "there is no instance " + instanceId);
                turn.whenDurable(() -> reply.failure(unknown), () -> reply.failure(CLOSING));
                return;
            }
            refuseByClock(turn);
            turn.core().write(instanceId, new Part.Tombstone(), turn.now(), turn.effects());
            turn.whenDurable(() -> reply.success(known), () -> reply.failure(CLOSING));
        });
    }

    /**
     * Registers instances of a backup as this node's, those that are registered already excepted. Nobody has heard of
     * them here: they are of unknown health. Answers how many there are now.
     */
    public void restore(final List<RestoredInstance> instances, final Reply<Integer> reply) {
        post(reply, turn -> {
            refuseByClock(turn);
            for (final RestoredInstance instance : instances) {
                if (turn.core().instance(instance.id()) == null) {
                    restore(turn, instance);
                }
            }
            turn.whenDurable(() -> reply.success(instances.size()), () -> reply.failure(CLOSING));
        });
    }

    private static void restore(final GossipLoop.Turn turn, final RestoredInstance instance) {
        final String id = instance.id();
        turn.core().write(id, instance.registration().withBorn(Stamp.ZERO), turn.now(), turn.effects());
        turn.core().write(id, new Part.Health(InstanceStatus.UNKNOWN, RESTORED, 0), turn.now(), turn.effects());
        if (instance.intent() != null) {
            turn.core().write(id, instance.intent(), turn.now(), turn.effects());
        }
        turn.wrote(turn.core().instance(id));
    }

    private <T> void post(final Reply<T> reply, final Consumer<GossipLoop.Turn> work) {
        if (!loop.post(new Write(reply, work))) {
            reply.failure(OVERLOADED);
        }
    }

    /** One client's write on the loop; whatever happens, the client is answered. */
    private record Write(Reply<?> reply, Consumer<GossipLoop.Turn> work) implements GossipLoop.Task {
        @Override
        public void run(final GossipLoop.Turn turn) {
            if (!turn.isWritable()) {
                reply.failure(OVERLOADED);
                return;
            }
            if (turn.isReloading()) {
                reply.failure(RELOADING);
                return;
            }
            try {
                work.accept(turn);
            } catch (final RegistryException e) {
                reply.failure(e.error());
            }
        }

        @Override
        public void abandoned() {
            reply.failure(CLOSING);
        }
    }

    private void registerOnLoop(
            final GossipLoop.Turn turn,
            final Caller caller,
            final String slug,
            final RegisterInstance request,
            final Reply<Instance> reply) {
        final String id = identity(turn, slug, request);
        final Instance before = turn.core().instance(id);
        if (before != null && !before.slug().equals(slug)) {
            if (!request.slug().isEmpty()
                    || !caller.actsFor(before.slug())
                    || !request.id().equals(id)) {
                throw new RegistryException(
                        ErrorCode.FORBIDDEN, "instance " + id + " belongs to another service than " + slug);
            }
            // Somebody who may act for every slug updates by id alone: the record keeps its slug.
            registerOnLoop(turn, caller, before.slug(), request, reply);
            return;
        }
        final Part.Registration registration = registration(slug, request, before);
        final Part.Health health = health(request, before, turn.now().wallMillis());
        if (registration != null || health != null) {
            refuseByClock(turn);
        }
        if (registration != null) {
            turn.core().write(id, registration, turn.now(), turn.effects());
        }
        if (health != null) {
            turn.core().write(id, health, turn.now(), turn.effects());
        }
        turn.core().heartbeat(id, turn.now(), turn.effects());
        final Instance after = turn.core().instance(id);
        turn.wrote(after);
        turn.whenDurable(() -> reply.success(after), () -> reply.failure(CLOSING));
    }

    private String identity(final GossipLoop.Turn turn, final String slug, final RegisterInstance request) {
        if (!request.id().isEmpty()) {
            return request.id();
        }
        final String url = RegistrationRules.url(request);
        final String known = turn.idAt(slug, url);
        return known == null ? InstanceId.of(slug, url) : known;
    }

    /** Only for what the clock stamps: a heartbeat must not fail because of it. */
    private static void refuseByClock(final GossipLoop.Turn turn) {
        final String refusal = turn.core().clockRefusal(turn.now());
        if (!refusal.isEmpty()) {
            throw new RegistryException(ErrorCode.UNAVAILABLE, refusal);
        }
    }

    /** The registration to be written; null when it is what it was. */
    private Part.Registration registration(final String slug, final RegisterInstance request, final Instance before) {
        final Part.Registration old = before == null ? null : before.registration();
        final Part.Registration next =
                RegistrationRules.merge(request, slug, old, selfUrl, old == null ? Stamp.ZERO : old.born());
        return next.equals(old) ? null : next;
    }

    /** The health to be written; null when it is what it was. */
    private static Part.Health health(final RegisterInstance request, final Instance before, final long wallMillis) {
        final InstanceStatus oldStatus = before == null ? InstanceStatus.UNKNOWN : before.status();
        final String oldDetails = before == null ? "" : before.details();
        final InstanceStatus status = request.status() == null ? oldStatus : request.status();
        final String details = request.status() == null && request.details().isEmpty() ? oldDetails : request.details();
        final boolean isSame = before != null && status == oldStatus && details.equals(oldDetails);
        return isSame ? null : new Part.Health(status, details, wallMillis);
    }
}
