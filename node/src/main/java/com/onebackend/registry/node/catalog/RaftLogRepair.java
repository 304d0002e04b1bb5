package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.storage.CatalogStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/** For an operator: cuts a bad end off the Raft log of a node that does not run. */
public final class RaftLogRepair {
    private RaftLogRepair() {}

    /**
     * Cuts it off, if that is all that is wrong; a copy of the file stays beside the log. Returns what was done.
     *
     * @param store says which Raft group is the catalog's
     * @throws RegistryException CONFLICT: something else is wrong, and nothing was changed
     * @throws IOException the folder cannot be read or written
     */
    public static String run(final Path raftFolder, final UUID clusterId, final CatalogStore store) throws IOException {
        return run(
                raftFolder,
                raftFolder.resolve(
                        CatalogState.epochOf(store).groupId(clusterId).toString()));
    }

    static String run(final Path raftFolder, final Path group) throws IOException {
        final RaftLogVerdict verdict = RaftLogCheck.of(group);
        return switch (verdict.kind()) {
            case GOOD -> "the Raft log in " + group + " is whole: nothing was changed";
            case TORN, UNFINISHED -> {
                final Path copy = RaftFolder.cut(verdict);
                yield verdict.file() + ": cut off after " + verdict.keepBytes() + " bytes (" + verdict.what()
                        + "); the file as it was is " + copy;
            }
            case DAMAGED ->
                throw new RegistryException(
                        ErrorCode.CONFLICT,
                        "what is wrong is not a bad end that could be cut off; nothing was changed. "
                                + verdict.refusal(raftFolder));
        };
    }
}
