package com.onebackend.registry.node.resources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.model.NodeRecord.HostFacts;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.NodeUsage.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oshi.spi.SystemInfoFactory;

class ResourceSamplerTest {
    @TempDir
    private Path folder;

    @Test
    void thisMachineIsMeasured() {
        final Queue<ResourceSampler.Sample> samples = new ConcurrentLinkedQueue<>();
        try (ResourceSampler sampler = new ResourceSampler(folder)) {
            sampler.start(Duration.ofMillis(50), samples::add);
            await().until(() -> samples.size() >= 3);
        }
        final int stopped = samples.size();
        assertThat(samples).allSatisfy(sample -> {
            assertThat(sample.sampledMillis()).isPositive();
            for (final Resource resource : List.of(
                    sample.usage().cpu(),
                    sample.usage().memory(),
                    sample.usage().disk())) {
                assertThat(resource.total()).isPositive();
                assertThat(resource.used()).isBetween(0L, resource.total());
                assertThat(resource.percent()).isBetween(0.0, 100.0);
            }
            assertThat(sample.usage().memory().used()).isPositive();
        });
        assertThat(samples).as("nothing comes after close").hasSize(stopped);
    }

    @Test
    void factsOfThisMachineAreKnown() {
        final HostFacts facts = ResourceSampler.hostFacts();
        assertThat(facts.hostname()).isNotEmpty();
        assertThat(facts.os()).isNotEmpty();
        assertThat(facts.arch()).isEqualTo(System.getProperty("os.arch"));
        assertThat(facts.cores()).isBetween(1, Runtime.getRuntime().availableProcessors() + 1_024);
    }

    @Test
    void limitOfAContainerIsWhatCounts() throws IOException {
        final Path mount = Files.createDirectories(folder.resolve("cgroup"));
        Files.writeString(folder.resolve("membership"), "0::/\n");
        Files.writeString(mount.resolve("cpu.max"), "50000 100000\n");
        Files.writeString(mount.resolve("cpu.stat"), "usage_usec 1000000\n");
        Files.writeString(mount.resolve("memory.max"), "104857600\n");
        Files.writeString(mount.resolve("memory.current"), "52428800\n");
        final AtomicLong nanos = new AtomicLong(1);
        final MachineMeter meter = new MachineMeter(
                SystemInfoFactory.create(), new Cgroup(mount, folder.resolve("membership")), folder, nanos::get);
        assertThat(meter.cpu()).isEqualTo(new Resource(0, 500, 0));
        // 2 seconds of processor time within 10: 200 of 500 millicores.
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        Files.writeString(mount.resolve("cpu.stat"), "usage_usec 3000000\n");
        final Resource cpu = meter.cpu();
        assertThat(cpu.used()).isEqualTo(200);
        assertThat(cpu.percent()).isCloseTo(40, within(0.1));
        assertThat(meter.memory()).isEqualTo(new Resource(52_428_800, 104_857_600, 50));
        assertThat(meter.facts().cores()).isEqualTo(1);
    }

    @Test
    void whatCannotBeMeasuredDoesNotHideTheRest() {
        final ResourceSampler sampler = new ResourceSampler(
                () -> MachineMeter.ofThisMachine(folder.resolve("no-such-folder")),
                () -> {
                    throw new IllegalStateException("the driver is broken");
                },
                () -> 7);
        final ResourceSampler.Sample sample = sampler.sample();
        assertThat(sample.usage().disk()).isEqualTo(Resource.NONE);
        assertThat(sample.usage().memory().total()).isPositive();
        assertThat(sample.gpus()).isEmpty();
        assertThat(sample.sampledMillis()).isEqualTo(7);
        sampler.close();
    }

    @Test
    void unknownMachineHasNoUsage() {
        final ResourceSampler sampler = new ResourceSampler(
                () -> {
                    throw new UnsupportedOperationException("no such platform");
                },
                List::of,
                () -> 7);
        assertThat(sampler.sample().usage()).isEqualTo(NodeUsage.NONE);
        sampler.close();
    }

    @Test
    void failingConsumerIsCalledAgain() {
        final AtomicLong calls = new AtomicLong();
        try (ResourceSampler sampler = new ResourceSampler(folder)) {
            sampler.start(Duration.ofMillis(20), sample -> {
                calls.incrementAndGet();
                throw new IllegalStateException("consumer fails");
            });
            await().until(() -> calls.get() >= 3);
        }
    }
}
