package com.onebackend.registry.node.resources;

import com.onebackend.registry.model.NodeRecord.HostFacts;
import com.onebackend.registry.model.NodeUsage.Resource;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongSupplier;
import oshi.hardware.CentralProcessor;
import oshi.hardware.GlobalMemory;
import oshi.software.os.OperatingSystem;
import oshi.spi.SystemInfoFactory;
import oshi.spi.SystemInfoProvider;

/**
 * Reads processor, memory and disk. Where a container's limits are lower than the machine, they and what the container
 * uses are what counts.
 *
 * <p><i>Thread:</i> confined. A method throws whatever the platform throws: the caller isolates them.
 */
final class MachineMeter {
    private static final long MILLICORES_PER_CORE = 1_000;
    private static final long NANOS_PER_MICRO = 1_000;

    private final CentralProcessor processor;
    private final GlobalMemory memory;
    private final OperatingSystem system;
    private final Cgroup cgroup;
    private final Path dataFolder;
    private final LongSupplier nanoTime;
    private long[] lastTicks;
    private Optional<Cgroup.Cpu> lastGroup = Optional.empty();
    private long lastGroupNanos;

    /** Measures this machine; {@code dataFolder} says which file system. */
    static MachineMeter ofThisMachine(final Path dataFolder) {
        return new MachineMeter(SystemInfoFactory.create(), Cgroup.ofThisProcess(), dataFolder, System::nanoTime);
    }

    MachineMeter(
            final SystemInfoProvider machine, final Cgroup cgroup, final Path dataFolder, final LongSupplier nanoTime) {
        processor = machine.getHardware().getProcessor();
        memory = machine.getHardware().getMemory();
        system = machine.getOperatingSystem();
        this.cgroup = cgroup;
        this.dataFolder = dataFolder;
        this.nanoTime = nanoTime;
        lastTicks = processor.getSystemCpuLoadTicks();
    }

    /** Millicores since the last call, or since this was made. Calls should be seconds apart. */
    Resource cpu() {
        final long host = processor.getLogicalProcessorCount() * MILLICORES_PER_CORE;
        final double load = processor.getSystemCpuLoadBetweenTicks(lastTicks);
        lastTicks = processor.getSystemCpuLoadTicks();
        final Optional<Cgroup.Cpu> group = cgroup.cpu(host);
        final Optional<Cgroup.Cpu> before = lastGroup;
        final long now = nanoTime.getAsLong();
        final long elapsedMicros = (now - lastGroupNanos) / NANOS_PER_MICRO;
        lastGroup = group;
        lastGroupNanos = now;
        if (group.isEmpty()) {
            return Resource.of(Math.round(load * host), host);
        }
        if (before.isEmpty() || elapsedMicros <= 0) {
            return Resource.of(0, group.get().limitMillicores());
        }
        final long usedMicros = group.get().usedMicros() - before.get().usedMicros();
        return Resource.of(
                Math.max(0, usedMicros * MILLICORES_PER_CORE / elapsedMicros),
                group.get().limitMillicores());
    }

    /** Bytes; the file cache counts as free. */
    Resource memory() {
        final long total = memory.getTotal();
        final Optional<Cgroup.Memory> group = cgroup.memory(total);
        return group.isPresent()
                ? Resource.of(group.get().used(), group.get().limit())
                : Resource.of(total - memory.getAvailable(), total);
    }

    /** Bytes of the file system that holds the data folder; what is reserved for the system counts as used. */
    Resource disk() throws IOException {
        final FileStore store = Files.getFileStore(dataFolder);
        return Resource.of(store.getTotalSpace() - store.getUsableSpace(), store.getTotalSpace());
    }

    /** Facts that do not change while the process runs. */
    HostFacts facts() {
        final long host = processor.getLogicalProcessorCount() * MILLICORES_PER_CORE;
        final long millicores =
                cgroup.cpu(host).map(Cgroup.Cpu::limitMillicores).orElse(host);
        return new HostFacts(
                system.getNetworkParams().getHostName(),
                system.getFamily() + " " + system.getVersionInfo().getVersion(),
                System.getProperty("os.arch"),
                (int) Math.max(1, (millicores + MILLICORES_PER_CORE - 1) / MILLICORES_PER_CORE));
    }
}
