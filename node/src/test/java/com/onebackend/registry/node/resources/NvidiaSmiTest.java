package com.onebackend.registry.node.resources;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.wire.WireLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class NvidiaSmiTest {
    private static final String ONE_LINE =
            "0, NVIDIA A100-SXM4-80GB, 00000000:07:00.0, 34, P0, 61.45, 400.00, 1024, 81920, 17, Default";

    @TempDir
    private Path folder;

    private final AtomicLong now = new AtomicLong();

    private NvidiaSmi tool(final String script) throws IOException {
        final Path file = folder.resolve("nvidia-smi");
        Files.writeString(file, "#!/bin/sh\necho called >> " + folder.resolve("calls") + "\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return new NvidiaSmi(file.toString(), now::get);
    }

    private long calls() throws IOException {
        return Files.readAllLines(folder.resolve("calls")).size();
    }

    @Test
    void severalGpusAreRead() {
        final String table =
                ONE_LINE + "\n1, Tesla T4, 00000000:0B:00.0, 40, P8, 9.5, 70, 0, 15360, 0, Exclusive_Process\n";
        assertThat(NvidiaSmi.parse(table, "12.4"))
                .containsExactly(
                        new Gpu(
                                0,
                                "NVIDIA A100-SXM4-80GB",
                                "00000000:07:00.0",
                                34,
                                "P0",
                                61.45,
                                400,
                                1_024,
                                81_920,
                                17,
                                "Default",
                                "12.4"),
                        new Gpu(
                                1,
                                "Tesla T4",
                                "00000000:0B:00.0",
                                40,
                                "P8",
                                9.5,
                                70,
                                0,
                                15_360,
                                0,
                                "Exclusive_Process",
                                "12.4"));
    }

    @Test
    void whatIsNotAvailableIsZeroOrEmpty() {
        final String table =
                "0, GeForce GT 710, 00000000:01:00.0, [N/A], [N/A], [Not Supported], [N/A], [Unknown Error], "
                        + "[Insufficient Permissions], [N/A], [N/A]";
        assertThat(NvidiaSmi.parse(table, ""))
                .containsExactly(new Gpu(0, "GeForce GT 710", "00000000:01:00.0", 0, "", 0, 0, 0, 0, 0, "", ""));
    }

    @Test
    void otherTextsAreNoGpus() {
        assertThat(NvidiaSmi.parse("", "")).isEmpty();
        assertThat(NvidiaSmi.parse("No devices were found\n", "")).isEmpty();
        assertThat(NvidiaSmi.parse("NVIDIA-SMI has failed because it couldn't communicate, a, b", ""))
                .isEmpty();
        assertThat(NvidiaSmi.parse((ONE_LINE + "\r\n").repeat(100), "")).hasSize(WireLimits.GPUS_MAX);
    }

    @Test
    void cudaVersionStandsInTheHeading() {
        assertThat(NvidiaSmi.parseCudaVersion(
                        "| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4     |"))
                .isEqualTo("12.4");
        assertThat(NvidiaSmi.parseCudaVersion("CUDA Version: N/A")).isEmpty();
    }

    @Test
    void toolIsRun() throws IOException {
        final NvidiaSmi smi = tool("if [ $# = 0 ]; then echo 'CUDA Version: 11.8'; else echo '" + ONE_LINE + "'; fi");
        assertThat(smi.gpus()).hasSize(1).first().extracting(Gpu::cudaVersion).isEqualTo("11.8");
        assertThat(smi.gpus()).hasSize(1);
        assertThat(calls()).as("the CUDA version is asked for once").isEqualTo(3);
    }

    @Test
    void absentToolMeansNoGpus() {
        assertThat(new NvidiaSmi(folder.resolve("no-such-tool").toString(), now::get).gpus())
                .isEmpty();
    }

    @Test
    void failingToolIsLeftAloneForAWhile() throws IOException {
        final NvidiaSmi smi = tool("exit 9");
        assertThat(smi.gpus()).isEmpty();
        now.addAndGet(NvidiaSmi.RETRY_NANOS - 1);
        assertThat(smi.gpus()).isEmpty();
        assertThat(calls()).isEqualTo(1);
        now.addAndGet(1);
        assertThat(smi.gpus()).isEmpty();
        assertThat(calls()).isEqualTo(2);
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void hangingToolIsLeft() throws IOException {
        assertThat(tool("exec sleep 600").gpus()).isEmpty();
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void endlessOutputIsCut() throws IOException {
        assertThat(tool("exec yes '" + ONE_LINE + "'").gpus()).isEmpty();
    }
}
