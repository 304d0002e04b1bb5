package com.onebackend.registry.node.catalog;

import java.nio.file.Path;

/**
 * Whether Raft may start on a folder.
 *
 * @param file what is wrong; null when nothing is
 * @param what in which way
 * @param keepBytes of that file, before what is to be cut off; 0 when nothing may be
 */
record RaftLogVerdict(Kind kind, Path file, String what, long keepBytes) {
    static final RaftLogVerdict GOOD = new RaftLogVerdict(Kind.GOOD, null, "", 0);

    /** What can be done. */
    enum Kind {
        GOOD,
        /** The last record was being written when the process ended: nobody was told of it. */
        UNFINISHED,
        /** The end is bad. Perhaps it was never on disk as a whole, perhaps it was; a person has to say. */
        TORN,
        /** What was acknowledged may be lost. */
        DAMAGED
    }

    static RaftLogVerdict damaged(final Path file, final String what) {
        return new RaftLogVerdict(Kind.DAMAGED, file, what, 0);
    }

    /** What to tell an operator whose node does not start. */
    String refusal(final Path raftFolder) {
        return kind == Kind.TORN
                ? file + ": " + what + ". If the machine lost power or crashed, what begins there was never finished:"
                        + " cut it off with bin/registry --repair-log (same OB_FOLDER), then start the"
                        + " node. Otherwise the disk is failing: " + rejoin(raftFolder)
                : file + ": " + what + ". The node does not start, for it may have acknowledged what is lost: "
                        + rejoin(raftFolder);
    }

    private static String rejoin(final Path raftFolder) {
        return "if the other voters are a majority, move " + raftFolder
                + " away and start with OB_REJOIN=new-generation, and it joins again and fetches everything; if this"
                + " is the only voter, ask another node to go on without it (oo cluster recover with this node's id);"
                + " is there none, restore a backup (oo cluster restore)";
    }
}
