package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.storage.InstanceLog;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Instances by (id, part kind) and heads by origin, in a column family each. */
final class RocksInstanceLog implements InstanceLog {
    private final RocksHandle handle;

    RocksInstanceLog(final RocksHandle handle) {
        this.handle = handle;
    }

    @Override
    public void write(final List<LogBatch> batches, final boolean sync) {
        handle.write(sync, target -> {
            for (final LogBatch batch : batches) {
                fill(target, batch);
            }
        });
    }

    private void fill(final WriteBatch target, final LogBatch batch) throws RocksDBException {
        final ColumnFamilyHandle instances = handle.family(Family.INSTANCES);
        final ColumnFamilyHandle heads = handle.family(Family.HEADS);
        if (batch.reset()) {
            target.deleteRange(instances, StoreKeys.beforeAll(), StoreKeys.afterAll());
            target.deleteRange(heads, StoreKeys.beforeAll(), StoreKeys.afterAll());
        }
        for (final LogEntry entry : batch.puts()) {
            target.put(instances, StoreKeys.part(entry.key()), RecordCodec.encodeEntry(entry));
        }
        for (final LogEntry.PartKey key : batch.removals()) {
            target.delete(instances, StoreKeys.part(key));
        }
        for (final Digest.Head head : batch.heads()) {
            target.put(heads, StoreKeys.head(head.origin()), RecordCodec.encodeHead(head));
        }
    }

    @Override
    public void load(final Consumer<LogEntry> entries, final Consumer<Digest.Head> heads) {
        try (RocksCursor rows = all(Family.INSTANCES)) {
            while (rows.next()) {
                entries.accept(entry(rows.key(), rows.value()));
            }
        }
        try (RocksCursor rows = all(Family.HEADS)) {
            while (rows.next()) {
                heads.accept(head(rows.key(), rows.value()));
            }
        }
    }

    private RocksCursor all(final Family family) {
        return handle.cursor(family, StoreKeys.beforeAll(), StoreKeys.afterAll());
    }

    private LogEntry entry(final byte[] key, final byte[] value) {
        final LogEntry entry;
        try {
            entry = RecordCodec.decodeEntry(value);
        } catch (WireException e) {
            throw RocksFailures.damaged(handle.store(), "an instance record cannot be read: " + e.getMessage(), e);
        }
        if (!Arrays.equals(key, StoreKeys.part(entry.key()))) {
            throw RocksFailures.damaged(
                    handle.store(), "the record of instance " + entry.instanceId() + " is under a wrong key", null);
        }
        return entry;
    }

    private Digest.Head head(final byte[] key, final byte[] value) {
        final Digest.Head head;
        try {
            head = RecordCodec.decodeHead(value);
        } catch (WireException e) {
            throw RocksFailures.damaged(handle.store(), "a log head cannot be read: " + e.getMessage(), e);
        }
        if (!Arrays.equals(key, StoreKeys.head(head.origin()))) {
            throw RocksFailures.damaged(
                    handle.store(), "the head of origin " + head.origin() + " is under a wrong key", null);
        }
        return head;
    }
}
