package com.onebackend.registry.node;

import com.onebackend.registry.api.Backup;
import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.DisasterApi;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.Recovered;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.api.RestoreResult;
import com.onebackend.registry.api.RestoreStep;
import com.onebackend.registry.node.backup.BackupHeader;
import com.onebackend.registry.node.backup.BackupSpool;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backup, restore and recovery on this node.
 *
 * <p><i>Thread:</i> called from any; one of its own does what takes long, one thing after the other.
 * <i>Invariants:</i> one backup at a time, from its making until its last byte is sent.
 */
final class DisasterService implements DisasterApi, AutoCloseable {
    static final int WAITING_MAX = 16;

    private static final Logger LOG = LoggerFactory.getLogger(DisasterService.class);
    private static final long CURRENT_MILLIS_MAX = 3_000;

    private final Startup.Parts parts;
    private final Services services;
    private final Restore restore;
    private final Recovery recovery;
    private final Semaphore backups = new Semaphore(1);
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING_MAX), task -> new Thread(task, "disaster"));

    DisasterService(final Startup.Parts parts, final Services services) {
        this.parts = parts;
        this.services = services;
        this.restore = new Restore(parts.keys(), parts.directory(), services);
        this.recovery = new Recovery(parts.self().id(), services);
        worker.allowCoreThreadTimeOut(true);
    }

    @Override
    public void backup(final Reply<Backup> reply) {
        if (services.catalog().restore().isUnderWay()) {
            reply.failure(halfRestored());
            return;
        }
        if (!backups.tryAcquire()) {
            reply.failure(new RegistryError(
                    ErrorCode.OVERLOADED, "another backup is being taken at this node; wait for it, or ask another"));
            return;
        }
        services.catalog()
                .awaitLinearizable()
                .orTimeout(CURRENT_MILLIS_MAX, TimeUnit.MILLISECONDS)
                .whenComplete((index, failure) -> {
                    try {
                        worker.execute(() -> write(failure == null, reply));
                    } catch (final RejectedExecutionException e) {
                        backups.release();
                        reply.failure(busy());
                    }
                });
    }

    private void write(final boolean isCurrent, final Reply<Backup> reply) {
        final long ageMillis = isCurrent ? 0 : services.catalog().ageMillis();
        final BackupHeader header = new BackupHeader(
                services.clusterId(),
                parts.self().id(),
                services.catalog().epoch(),
                System.currentTimeMillis(),
                isCurrent,
                ageMillis);
        final long startNanos = System.nanoTime();
        try {
            final BackupSpool spool = BackupSpool.write(
                    parts.config().folder(),
                    header,
                    services.catalog(),
                    parts.store().instances(),
                    backups::release);
            if (services.catalog().restore().isUnderWay()) {
                spool.close();
                reply.failure(halfRestored());
                return;
            }
            LOG.info(
                    "backup made index={} bytes={} current={} after {} ms",
                    spool.applied().index(),
                    spool.length(),
                    isCurrent,
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
            reply.success(new Backup(spool, spool.length(), spool.applied().index(), isCurrent, ageMillis));
        } catch (final IOException | RuntimeException e) {
            backups.release();
            LOG.warn("no backup could be made", e);
            reply.failure(new RegistryError(
                    ErrorCode.UNAVAILABLE,
                    "the backup could not be put together in " + parts.config().folder() + ": " + e.getMessage()
                            + "; make room there, or ask another node"));
        }
    }

    @Override
    public void restore(final Caller caller, final RestoreStep step, final Reply<RestoreResult> reply) {
        restore.take(caller, step, reply);
    }

    @Override
    public void recover(final Caller caller, final RecoverRequest request, final Reply<Recovered> reply) {
        try {
            worker.execute(() -> recoverNow(caller, request, reply));
        } catch (final RejectedExecutionException e) {
            reply.failure(busy());
        }
    }

    private void recoverNow(final Caller caller, final RecoverRequest request, final Reply<Recovered> reply) {
        try {
            reply.success(recovery.run(caller, request));
        } catch (final RegistryException e) {
            reply.failure(e.error());
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            reply.failure(busy());
        } catch (final RuntimeException e) {
            reply.failure(NodeApi.errorOf(e));
        }
    }

    /** A part of a backup must not be taken for one. */
    private static RegistryError halfRestored() {
        return new RegistryError(
                ErrorCode.CONFLICT, "a backup is being restored into this cluster; end that first, then take another");
    }

    private static RegistryError busy() {
        return new RegistryError(ErrorCode.OVERLOADED, "this node is ending, or has too much to do; ask another node");
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
