package com.onebackend.registry.node.resources;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a container or service manager lets this process use, read from the control group files, version 2 or 1.
 * Where a group has no limit, the machine's own figures are the truth, and this says nothing.
 *
 * <p>Inside a container the group is the root of what is mounted; on a bare host it is named by
 * {@code /proc/self/cgroup}, and a limit may also stand at a group above.
 */
final class Cgroup {
    private static final int LEVELS_MAX = 32;
    private static final long NANOS_PER_MICRO = 1_000;

    private final Path mount;
    private final Path membership;

    /**
     * Reads these files.
     *
     * @param mount usually {@code /sys/fs/cgroup}
     * @param membership usually {@code /proc/self/cgroup}
     */
    Cgroup(final Path mount, final Path membership) {
        this.mount = mount;
        this.membership = membership;
    }

    static Cgroup ofThisProcess() {
        return new Cgroup(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"));
    }

    /**
     * A processor limit.
     *
     * @param limitMillicores what may be used
     * @param usedMicros processor time used since the group was made
     */
    record Cpu(long limitMillicores, long usedMicros) {}

    /**
     * A memory limit. Bytes.
     *
     * @param used without the file cache that would be given back
     */
    record Memory(long limit, long used) {}

    /** The lowest processor limit below {@code hostMillicores}. */
    Optional<Cpu> cpu(final long hostMillicores) {
        long lowest = hostMillicores;
        Optional<Cpu> found = Optional.empty();
        for (final Path group : groups("cpu")) {
            final long limit = cpuLimit(group);
            if (limit > 0 && limit < lowest) {
                final Optional<Long> used = cpuUsedMicros(group);
                if (used.isPresent()) {
                    lowest = limit;
                    found = Optional.of(new Cpu(limit, used.get()));
                }
            }
        }
        return found;
    }

    /** The lowest memory limit below {@code hostBytes}. */
    Optional<Memory> memory(final long hostBytes) {
        long lowest = hostBytes;
        Optional<Memory> found = Optional.empty();
        for (final Path group : groups("memory")) {
            final boolean isV2 = Files.exists(group.resolve("memory.max"));
            final long limit = number(text(group.resolve(isV2 ? "memory.max" : "memory.limit_in_bytes")));
            if (limit > 0 && limit < lowest) {
                final long all = number(text(group.resolve(isV2 ? "memory.current" : "memory.usage_in_bytes")));
                final long cache =
                        statistic(group.resolve("memory.stat"), isV2 ? "inactive_file" : "total_inactive_file");
                lowest = limit;
                found = Optional.of(new Memory(limit, Math.max(0, all - Math.max(0, cache))));
            }
        }
        return found;
    }

    private static long cpuLimit(final Path group) {
        final String[] quotaAndPeriod = text(group.resolve("cpu.max")).split(" ", -1);
        if (quotaAndPeriod.length == 2) {
            return millicores(number(quotaAndPeriod[0]), number(quotaAndPeriod[1]));
        }
        return millicores(
                number(text(group.resolve("cpu.cfs_quota_us"))), number(text(group.resolve("cpu.cfs_period_us"))));
    }

    private static long millicores(final long quotaMicros, final long periodMicros) {
        return quotaMicros > 0 && periodMicros > 0 ? Math.max(1, quotaMicros * 1_000 / periodMicros) : -1;
    }

    private static Optional<Long> cpuUsedMicros(final Path group) {
        final long micros = statistic(group.resolve("cpu.stat"), "usage_usec");
        if (micros >= 0) {
            return Optional.of(micros);
        }
        final long nanos = number(text(group.resolve("cpuacct.usage")));
        return nanos >= 0 ? Optional.of(nanos / NANOS_PER_MICRO) : Optional.empty();
    }

    /** The folders of this process's group and those above, for version 2 and for the named controller of version 1. */
    private List<Path> groups(final String controller) {
        final List<Path> folders = new ArrayList<>();
        for (final String line : text(membership).split("\n", -1)) {
            final String[] fields = line.split(":", 3);
            if (fields.length != 3) {
                continue;
            }
            if (fields[1].isEmpty()) {
                addWithParents(folders, mount, fields[2]);
            } else if (List.of(fields[1].split(",", -1)).contains(controller)) {
                final Path own = mount.resolve(fields[1]);
                addWithParents(folders, Files.isDirectory(own) ? own : mount.resolve(controller), fields[2]);
            }
        }
        return folders;
    }

    private static void addWithParents(final List<Path> folders, final Path root, final String group) {
        final Path base = root.normalize();
        Path folder = base.resolve(group.replaceFirst("^/+", "")).normalize();
        for (int level = 0; level < LEVELS_MAX && folder != null && folder.startsWith(base); level++) {
            if (Files.isDirectory(folder)) {
                folders.add(folder);
            }
            folder = folder.getParent();
        }
    }

    private static long statistic(final Path file, final String name) {
        for (final String line : text(file).split("\n", -1)) {
            if (line.startsWith(name + " ")) {
                return number(line.substring(name.length() + 1));
            }
        }
        return -1;
    }

    /** -1 for what is no number: "max", nothing, or larger than any machine. */
    private static long number(final String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (final NumberFormatException e) {
            return -1;
        }
    }

    /** Empty when the file is not there or not for us to read: then no limit is known, and the machine's counts. */
    private static String text(final Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (final IOException e) {
            return "";
        }
    }
}
