package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folders of Raft groups that are over. Raft would start each one it finds; so they go beside, where an operator may
 * look at them or delete them.
 */
final class OtherGroups {
    private static final Logger LOG = LoggerFactory.getLogger(OtherGroups.class);

    private OtherGroups() {}

    /** Where they go. */
    static Path folder(final CatalogConfig config) {
        return config.raftFolder().resolveSibling(config.raftFolder().getFileName() + "-given-up");
    }

    /** Before Raft starts on the group of this epoch. */
    static void setAside(final CatalogConfig config, final CatalogEpoch epoch) throws IOException {
        if (!Files.isDirectory(config.raftFolder())) {
            return;
        }
        final Path keep = config.groupFolder(epoch);
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(config.raftFolder(), Files::isDirectory)) {
            for (final Path group : groups) {
                if (!group.equals(keep)) {
                    final Path aside = folder(config).resolve(group.getFileName());
                    Files.createDirectories(aside.getParent());
                    Folders.delete(aside);
                    Files.move(group, aside, StandardCopyOption.ATOMIC_MOVE);
                    LOG.warn("a Raft group that is over was set aside folder={}", aside);
                }
            }
        }
    }
}
