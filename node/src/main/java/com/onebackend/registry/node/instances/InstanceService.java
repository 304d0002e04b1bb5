package com.onebackend.registry.node.instances;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.directory.Entry;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.node.gossip.GossipLoop;
import java.util.function.Consumer;

/**
 * Registers and deregisters instances on this node.
 *
 * <p><i>Thread:</i> called from any; validates there, decides and writes on the gossip loop, answers when the write
 * is on
 * disk.
 */
public final class InstanceService {
    private static final RegistryError OVERLOADED = new RegistryError(
            ErrorCode.OVERLOADED, "this node has too many writes waiting; nothing was changed, try again in a second");

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
        onLoop(reply, turn -> registerOnLoop(turn, caller, slug, request, reply));
    }

    /** Removes an instance everywhere and for good. */
    public void deregister(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        onLoop(reply, turn -> {
            final Instance known = turn.core().instance(instanceId);
            if (known == null || !caller.actsFor(known.slug())) {
                throw new RegistryException(ErrorCode.NOT_FOUND, "there is no instance " + instanceId);
            }
            final long version = turn.core().write(instanceId, new Part.Tombstone(), turn.now(), turn.effects());
            turn.whenDurable(version, () -> reply.success(known));
        });
    }

    private <T> void onLoop(final Reply<T> reply, final Consumer<GossipLoop.Turn> task) {
        final boolean taken = loop.post(turn -> {
            if (!turn.isWritable()) {
                reply.failure(OVERLOADED);
                return;
            }
            try {
                task.accept(turn);
            } catch (final RegistryException e) {
                reply.failure(e.error());
            }
        });
        if (!taken) {
            reply.failure(OVERLOADED);
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
        final long registered = writeRegistration(turn, id, slug, request, before);
        final long judged = writeHealth(turn, id, request, before);
        if (before != null) {
            turn.heartbeat(id);
        }
        final Instance after = turn.core().instance(id);
        turn.whenDurable(Math.max(registered, judged), () -> reply.success(after));
    }

    private String identity(final GossipLoop.Turn turn, final String slug, final RegisterInstance request) {
        if (!request.id().isEmpty()) {
            return request.id();
        }
        final String url = RegistrationRules.url(request);
        final Entry known = turn.directory().byAddress(slug, url);
        return known == null ? InstanceId.of(slug, url) : known.instance().id();
    }

    /** Returns the version written; 0 when the registration is what it was. */
    private long writeRegistration(
            final GossipLoop.Turn turn,
            final String id,
            final String slug,
            final RegisterInstance request,
            final Instance before) {
        final Part.Registration old = before == null ? null : before.registration();
        final Part.Registration next =
                RegistrationRules.merge(request, slug, old, selfUrl, old == null ? Stamp.ZERO : old.born());
        return next.equals(old) ? 0 : turn.core().write(id, next, turn.now(), turn.effects());
    }

    /** Returns the version written; 0 when health is what it was. */
    private long writeHealth(
            final GossipLoop.Turn turn, final String id, final RegisterInstance request, final Instance before) {
        final InstanceStatus oldStatus = before == null ? InstanceStatus.UNKNOWN : before.status();
        final String oldDetails = before == null ? "" : before.details();
        final InstanceStatus status = request.status() == null ? oldStatus : request.status();
        final String details = request.status() == null && request.details().isEmpty() ? oldDetails : request.details();
        if (before != null && status == oldStatus && details.equals(oldDetails)) {
            return 0;
        }
        final Part.Health health = new Part.Health(status, details, turn.now().wallMillis());
        return turn.core().write(id, health, turn.now(), turn.effects());
    }
}
