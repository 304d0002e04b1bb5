package com.onebackend.registry.node.catalog;

import com.google.protobuf.ByteString;
import com.onebackend.registry.node.catalog.CatalogCommand.BeginRestore;
import com.onebackend.registry.node.catalog.CatalogCommand.EndRestore;
import com.onebackend.registry.node.catalog.CatalogCommand.Proposal;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoreRows;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoredRow;
import com.onebackend.registry.wire.v1.BeginRestoreMsg;
import com.onebackend.registry.wire.v1.CatalogEntryMsg;
import com.onebackend.registry.wire.v1.EndRestoreMsg;
import com.onebackend.registry.wire.v1.RestoreMarkMsg;
import com.onebackend.registry.wire.v1.RestoreRowsMsg;
import com.onebackend.registry.wire.v1.RestoredRowMsg;

/** The commands of a restore and its mark, between records and bytes. */
final class RestoreCodec {
    private RestoreCodec() {}

    /** False when the command is none of a restore. */
    static boolean set(final CatalogEntryMsg.Builder entry, final CatalogCommand command) {
        if (command instanceof BeginRestore begin) {
            entry.setBeginRestore(BeginRestoreMsg.newBuilder().setRestoreId(begin.restoreId()));
        } else if (command instanceof RestoreRows rows) {
            final RestoreRowsMsg.Builder message = RestoreRowsMsg.newBuilder().setRestoreId(rows.restoreId());
            rows.rows()
                    .forEach(row -> message.addRows(RestoredRowMsg.newBuilder()
                            .setSection(row.section())
                            .setKey(row.key())
                            .setValue(ByteString.copyFrom(row.value()))));
            entry.setRestoreRows(message);
        } else if (command instanceof EndRestore end) {
            entry.setEndRestore(EndRestoreMsg.newBuilder().setRestoreId(end.restoreId()));
        } else {
            return false;
        }
        return true;
    }

    static CatalogCommand get(final Proposal by, final CatalogEntryMsg entry) {
        if (entry.hasBeginRestore()) {
            return new BeginRestore(by, entry.getBeginRestore().getRestoreId());
        }
        if (entry.hasEndRestore()) {
            return new EndRestore(by, entry.getEndRestore().getRestoreId());
        }
        return new RestoreRows(
                by,
                entry.getRestoreRows().getRestoreId(),
                entry.getRestoreRows().getRowsList().stream()
                        .map(row -> new RestoredRow(
                                row.getSection(), row.getKey(), row.getValue().toByteArray()))
                        .toList());
    }

    static byte[] encode(final RestoreMark mark) {
        return RestoreMarkMsg.newBuilder()
                .setRestoreId(mark.restoreId())
                .setDone(mark.isDone())
                .build()
                .toByteArray();
    }

    static RestoreMark decode(final byte[] bytes) {
        final RestoreMarkMsg message = CatalogCodec.parse(RestoreMarkMsg.parser(), bytes);
        return new RestoreMark(message.getRestoreId(), message.getDone());
    }
}
