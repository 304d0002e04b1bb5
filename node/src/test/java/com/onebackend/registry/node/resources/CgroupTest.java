package com.onebackend.registry.node.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupTest {
    private static final long HOST_MILLICORES = 8_000;
    private static final long HOST_BYTES = 16L << 30;

    @TempDir
    private Path folder;

    private Path mount;
    private Cgroup cgroup;

    @BeforeEach
    void locate() throws IOException {
        mount = Files.createDirectories(folder.resolve("cgroup"));
        cgroup = new Cgroup(mount, folder.resolve("membership"));
    }

    private void membership(final String text) throws IOException {
        Files.writeString(folder.resolve("membership"), text);
    }

    private void file(final String path, final String text) throws IOException {
        final Path file = mount.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text + "\n");
    }

    @Test
    void containerOfVersionTwo() throws IOException {
        membership("0::/\n");
        file("cpu.max", "150000 100000");
        file("cpu.stat", "usage_usec 5000000\nuser_usec 1");
        file("memory.max", "1073741824");
        file("memory.current", "700000000");
        file("memory.stat", "anon 1\ninactive_file 200000000\nactive_file 3");
        assertThat(cgroup.cpu(HOST_MILLICORES)).contains(new Cgroup.Cpu(1_500, 5_000_000));
        assertThat(cgroup.memory(HOST_BYTES)).contains(new Cgroup.Memory(1L << 30, 500_000_000));
    }

    @Test
    void containerOfVersionOneWhoseGroupIsNamedAsOnTheHost() throws IOException {
        membership("4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n");
        file("cpu,cpuacct/cpu.cfs_quota_us", "200000");
        file("cpu,cpuacct/cpu.cfs_period_us", "100000");
        file("cpu,cpuacct/cpuacct.usage", "7000000000");
        file("memory/memory.limit_in_bytes", "536870912");
        file("memory/memory.usage_in_bytes", "300000000");
        file("memory/memory.stat", "inactive_file 9\ntotal_inactive_file 100000000");
        assertThat(cgroup.cpu(HOST_MILLICORES)).contains(new Cgroup.Cpu(2_000, 7_000_000));
        assertThat(cgroup.memory(HOST_BYTES)).contains(new Cgroup.Memory(512L << 20, 200_000_000));
    }

    @Test
    void lowestLimitOnTheWayUpCounts() throws IOException {
        membership("0::/system.slice/registry.service\n");
        file("system.slice/registry.service/cpu.max", "max 100000");
        file("system.slice/registry.service/cpu.stat", "usage_usec 1");
        file("system.slice/registry.service/memory.max", "max");
        file("system.slice/cpu.max", "400000 100000");
        file("system.slice/cpu.stat", "usage_usec 2");
        file("system.slice/memory.max", "2147483648");
        file("system.slice/memory.current", "5");
        assertThat(cgroup.cpu(HOST_MILLICORES)).contains(new Cgroup.Cpu(4_000, 2));
        assertThat(cgroup.memory(HOST_BYTES)).contains(new Cgroup.Memory(2L << 30, 5));
    }

    @Test
    void noLimitOrOneAboveTheMachineSaysNothing() throws IOException {
        membership("0::/\n4:memory:/\n2:cpu:/\n");
        file("cpu.max", "1600000 100000");
        file("cpu.stat", "usage_usec 1");
        file("memory.max", "max");
        file("cpu/cpu.cfs_quota_us", "-1");
        file("cpu/cpu.cfs_period_us", "100000");
        file("memory/memory.limit_in_bytes", "9223372036854771712");
        file("memory/memory.usage_in_bytes", "1");
        assertThat(cgroup.cpu(HOST_MILLICORES)).isEmpty();
        assertThat(cgroup.memory(HOST_BYTES)).isEmpty();
    }

    @Test
    void absentOrStrangeFilesSayNothing() throws IOException {
        assertThat(cgroup.cpu(HOST_MILLICORES)).isEmpty();
        membership("nonsense\n0::/../../../..\n0::/a/b\n:::\n");
        file("a/b/cpu.max", "ten 100000");
        file("a/b/memory.max", "99999999999999999999999");
        assertThat(cgroup.cpu(HOST_MILLICORES)).isEmpty();
        assertThat(cgroup.memory(HOST_BYTES)).isEmpty();
    }
}
