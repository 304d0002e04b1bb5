package com.onebackend.registry.node;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.api.RestoreResult;
import com.onebackend.registry.api.RestoreStep;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.backup.BackedUpInstance;
import com.onebackend.registry.node.backup.BackupFormat;
import com.onebackend.registry.node.backup.BackupRecords;
import com.onebackend.registry.node.backup.BackupRow;
import com.onebackend.registry.node.catalog.CatalogCommand;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoredRow;
import com.onebackend.registry.node.catalog.CatalogResult;
import com.onebackend.registry.node.catalog.CatalogRows;
import com.onebackend.registry.node.catalog.RestoreMark;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.instances.RestoredInstance;
import com.onebackend.registry.wire.WireException;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a backup into this cluster, a new one, step by step.
 *
 * <p>Of the catalog's rows some stay behind: nodes and removals are of other machines, signing keys that were sealed
 * under another cluster secret open nothing here.
 *
 * <p><i>Thread:</i> any.
 */
final class Restore {
    private static final RestoreResult NOTHING = new RestoreResult(0, 0, 0);
    /** Of a beginning: there is nothing left to do. */
    private static final RestoreResult DONE_BEFORE = new RestoreResult(1, 0, 0);

    private final ClusterKeys keys;
    private final Directory directory;
    private final Services services;

    Restore(final ClusterKeys keys, final Directory directory, final Services services) {
        this.keys = keys;
        this.directory = directory;
        this.services = services;
    }

    void take(final Caller caller, final RestoreStep step, final Reply<RestoreResult> reply) {
        try {
            switch (step.kind()) {
                case BEGIN -> begin(caller, step, reply);
                case ROWS -> rows(caller, step, reply);
                case INSTANCES -> instances(step, reply);
                case END ->
                    write(
                            new CatalogCommand.EndRestore(NodeApi.proposal(caller.slug()), step.restoreId()),
                            NOTHING,
                            reply);
            }
        } catch (final WireException e) {
            reply.failure(new RegistryError(ErrorCode.INVALID, e.getMessage()));
        }
    }

    private void begin(final Caller caller, final RestoreStep step, final Reply<RestoreResult> reply) {
        final RestoreMark mark = services.catalog().restore();
        if (!mark.restoreId().equals(step.restoreId()) && directory.size() > 0) {
            reply.failure(new RegistryError(
                    ErrorCode.CONFLICT,
                    "a backup goes into a new cluster only, and this one has " + directory.size()
                            + " instances; start one with empty folders"));
            return;
        }
        services.catalog()
                .write(new CatalogCommand.BeginRestore(NodeApi.proposal(caller.slug()), step.restoreId()))
                .thenApply(CatalogResult::orThrow)
                // Applied here by now.
                .thenApply(done -> services.catalog().restore().isUnderWay() ? NOTHING : DONE_BEFORE)
                .whenComplete((result, failure) -> answer(result, failure, reply));
    }

    private void rows(final Caller caller, final RestoreStep step, final Reply<RestoreResult> reply) {
        final List<RestoredRow> taken = new ArrayList<>();
        long leftOut = 0;
        long keysLeftOut = 0;
        for (final byte[] record : BackupRecords.read(step.body(), BackupFormat.ROW)) {
            final BackupRow row = BackupRow.decode(record);
            if (!CatalogRows.isRestored(row.section(), row.key())) {
                leftOut++;
            } else if (isForeignKey(row)) {
                keysLeftOut++;
            } else {
                taken.add(new RestoredRow(row.section(), row.key(), row.value()));
            }
        }
        final RestoreResult result = new RestoreResult(taken.size(), leftOut, keysLeftOut);
        if (taken.isEmpty()) {
            reply.success(result);
            return;
        }
        write(new CatalogCommand.RestoreRows(NodeApi.proposal(caller.slug()), step.restoreId(), taken), result, reply);
    }

    private boolean isForeignKey(final BackupRow row) {
        final SigningKey key = CatalogRows.signingKeyOf(row.section(), row.value());
        if (key == null) {
            return false;
        }
        try {
            return keys.open(key.sealedPrivateKey()).length == 0;
        } catch (final IllegalArgumentException e) {
            return true;
        }
    }

    private void instances(final RestoreStep step, final Reply<RestoreResult> reply) {
        final RestoreMark mark = services.catalog().restore();
        if (!mark.isUnderWay() || !mark.restoreId().equals(step.restoreId())) {
            reply.failure(new RegistryError(
                    ErrorCode.CONFLICT, "no restore of this backup is under way here; begin it first"));
            return;
        }
        final List<RestoredInstance> instances = new ArrayList<>();
        for (final byte[] record : BackupRecords.read(step.body(), BackupFormat.INSTANCE)) {
            final BackedUpInstance instance = BackedUpInstance.decode(record);
            instances.add(new RestoredInstance(
                    instance.id(),
                    instance.declared(),
                    instance.mode() == Part.Intent.Mode.SERVE
                            ? null
                            : (Part.Intent) instance.intent().part()));
        }
        services.instances().restore(instances, new Reply<>() {
            @Override
            public void success(final Integer count) {
                reply.success(new RestoreResult(count, 0, 0));
            }

            @Override
            public void failure(final RegistryError error) {
                reply.failure(error);
            }
        });
    }

    private void write(final CatalogCommand command, final RestoreResult result, final Reply<RestoreResult> reply) {
        services.catalog()
                .write(command)
                .thenApply(CatalogResult::orThrow)
                .whenComplete((done, failure) -> answer(result, failure, reply));
    }

    private static void answer(final RestoreResult result, final Throwable failure, final Reply<RestoreResult> reply) {
        if (failure == null) {
            reply.success(result);
        } else {
            reply.failure(NodeApi.errorOf(failure));
        }
    }
}
