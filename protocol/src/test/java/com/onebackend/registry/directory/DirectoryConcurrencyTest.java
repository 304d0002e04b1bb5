package com.onebackend.registry.directory;

import static com.onebackend.registry.directory.Instances.idsFound;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One writer moves instances between hosts, nodes and deployments; readers must see each of them whole, and always. */
@Timeout(60)
class DirectoryConcurrencyTest {
    private static final int INSTANCES = 40;
    private static final int ROUNDS = 6_000;
    private static final int READERS = 3;

    private final Directory directory = new Directory();
    private final AtomicBoolean isOver = new AtomicBoolean();

    /** What an instance looks like in one version: all its fields say the same number. */
    private static Instance version(final int number, final int version) {
        final String place = String.valueOf(version % 5);
        return Instances.of(
                "i" + number,
                Instances.registration(
                        "s", "http://u" + place + "/" + number, "f" + place, "d" + place, "http://n" + place));
    }

    @Test
    void readersSeeEveryInstanceWholeAndAlways() throws Exception {
        for (int i = 0; i < INSTANCES; i++) {
            directory.put(version(i, 0));
        }
        directory.publish();
        final ExecutorService readers = Executors.newFixedThreadPool(READERS);
        try {
            final List<Future<Long>> results = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                results.add(readers.submit(this::read));
            }
            write();
            for (final Future<Long> result : results) {
                assertThat(result.get(30, TimeUnit.SECONDS)).isPositive();
            }
        } finally {
            isOver.set(true);
            readers.shutdownNow();
        }
    }

    /** The host wanders between field and url, the node's spelling changes; every version answers the queries. */
    private static Instance wandering(final int number, final int version) {
        final boolean isEven = version % 2 == 0;
        return Instances.of(
                "i" + number,
                Instances.registration(
                        "s",
                        isEven ? "http://other/" + number : "http://host/" + number,
                        isEven ? "HOST" : "else",
                        "d",
                        isEven ? "http://N/" : "http://n"));
    }

    @Test
    void changeThatKeepsAKeyHidesTheInstanceFromNoReader() throws Exception {
        for (int i = 0; i < INSTANCES; i++) {
            directory.put(wandering(i, 0));
        }
        directory.publish();
        final ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            final Future<?> result = reader.submit(() -> {
                do {
                    assertThat(idsFound(directory, Instances.byHost("host"))).hasSize(INSTANCES);
                    assertThat(idsFound(directory, Instances.byNode("http://n")))
                            .hasSize(INSTANCES);
                    assertThat(idsFound(directory, Instances.byDeployment("d"))).hasSize(INSTANCES);
                    assertThat(idsFound(directory, InstanceQuery.ofSlug("s"))).hasSize(INSTANCES);
                } while (!isOver.get());
            });
            for (int round = 1; round <= ROUNDS; round++) {
                directory.put(wandering(round % INSTANCES, round / INSTANCES));
                directory.publish();
            }
            isOver.set(true);
            result.get(30, TimeUnit.SECONDS);
        } finally {
            isOver.set(true);
            reader.shutdownNow();
        }
    }

    @Test
    void instanceThatChangesItsServiceIsNeverMissingAndNeverTwice() throws Exception {
        for (int i = 0; i < INSTANCES; i++) {
            directory.put(Instances.of("i" + i, "s" + i % 3, "http://h/" + i));
        }
        directory.publish();
        final ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            final Future<?> result = reader.submit(() -> {
                do {
                    assertThat(idsFound(directory, InstanceQuery.ALL))
                            .hasSize(INSTANCES)
                            .doesNotHaveDuplicates();
                } while (!isOver.get());
            });
            for (int round = 1; round <= ROUNDS; round++) {
                final int number = round % INSTANCES;
                directory.put(Instances.of("i" + number, "s" + (round / INSTANCES + number) % 3, "http://h/" + number));
                directory.publish();
            }
            isOver.set(true);
            result.get(30, TimeUnit.SECONDS);
        } finally {
            isOver.set(true);
            reader.shutdownNow();
        }
    }

    private void write() {
        for (int round = 1; round <= ROUNDS; round++) {
            directory.put(version(round % INSTANCES, round / INSTANCES));
            directory.publish();
        }
        isOver.set(true);
    }

    private long read() {
        long reads = 0;
        while (reads == 0 || !isOver.get()) {
            final int number = (int) (reads++ % INSTANCES);
            assertThat(idsFound(directory, InstanceQuery.ALL)).hasSize(INSTANCES);
            assertThat(directory.service("s").entries()).hasSize(INSTANCES);
            final Instance seen = directory.byId("i" + number).instance();
            final String place = seen.registration().deploymentId().substring(1);
            assertThat(seen.url()).startsWith("http://u" + place);
            checkFound(Instances.byHost("f" + place), "f" + place);
            checkFound(Instances.byHost("u" + place), "f" + place);
            checkFound(Instances.byNode("http://n" + place), "f" + place);
            checkFound(Instances.byDeployment("d" + place), "f" + place);
        }
        return reads;
    }

    private void checkFound(final InstanceQuery query, final String host) {
        directory.find(
                query,
                entry -> assertThat(entry.instance().registration().host()).isEqualTo(host));
    }
}
