package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that never stop, nodes that are killed at any moment: what was acknowledged holds, at every node. */
class KillNineIT {
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration CONVERGE = Duration.ofSeconds(30);
    private static final int CLIENTS = 6;
    /** Which nodes are killed together, round by round. */
    private static final int[][] ROUNDS = {{1, 2, 3}, {2}, {1, 3}, {3, 2, 1}};

    private final Random random = new Random(Long.getLong("registry.seed", System.nanoTime()));
    private volatile boolean isStopped;

    @TempDir
    Path folder;

    @Test
    void acknowledgedWritesSurviveKillNineAndAcknowledgedDeletionsStay() throws Exception {
        try (ProcessCluster cluster = new ProcessCluster(folder, 3)) {
            for (int n = 1; n <= 3; n++) {
                cluster.start(n);
            }
            awaitReady(cluster);
            cluster.login();

            final List<Client> clients = new ArrayList<>();
            final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
            final List<Future<?>> running = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                final Client client = new Client(cluster, "client-" + c, new Random(random.nextLong()));
                clients.add(client);
                running.add(threads.submit(client::work));
            }
            for (final int[] victims : ROUNDS) {
                // Any moment will do, and none in particular.
                TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(2_000));
                for (final int n : victims) {
                    cluster.kill(n);
                }
                for (final int n : victims) {
                    cluster.start(n);
                }
                awaitReady(cluster);
            }
            isStopped = true;
            threads.shutdown();
            for (final Future<?> client : running) {
                client.get(30, TimeUnit.SECONDS);
            }
            int registered = 0;
            int deleted = 0;
            for (final Client client : clients) {
                client.assertPromisesHold();
                registered += client.registered.size();
                deleted += client.deleted.size();
            }
            System.out.printf("held: %d registrations, %d deregistrations%n", registered, deleted);
            assertThat(registered).isGreaterThan(100);
            assertThat(deleted).isGreaterThan(20);
        }
    }

    private static void awaitReady(final ProcessCluster cluster) {
        for (int n = 1; n <= 3; n++) {
            final int node = n;
            await().atMost(START).pollInterval(100, TimeUnit.MILLISECONDS).until(() -> cluster.isReady(node));
        }
    }

    /** Registers and deregisters instances of its own; an id whose fate is unknown is not looked at again. */
    private final class Client {
        private final ProcessCluster cluster;
        private final String slug;
        private final Random choice;
        private final Set<String> registered = new TreeSet<>();
        private final Set<String> deleted = new TreeSet<>();
        private int next;

        Client(final ProcessCluster cluster, final String slug, final Random choice) {
            this.cluster = cluster;
            this.slug = slug;
            this.choice = choice;
        }

        void work() {
            while (!isStopped) {
                try {
                    step(1 + choice.nextInt(3));
                } catch (final UncheckedIOException e) {
                    pause(20);
                }
                pause(choice.nextInt(10));
            }
        }

        private void step(final int node) {
            if (registered.isEmpty() || choice.nextInt(3) > 0) {
                register(node, slug + "." + next++);
            } else {
                deregister(
                        node,
                        registered.stream()
                                .skip(choice.nextInt(registered.size()))
                                .findFirst()
                                .orElseThrow());
            }
        }

        private void register(final int node, final String id) {
            final String body =
                    "{\"id\":\"" + id + "\",\"slug\":\"" + slug + "\",\"url\":\"http://198.18.0.1:80/" + id + "\"}";
            if (cluster.put(node, "/registry-svc/instance", body).status() == 201) {
                registered.add(id);
            }
        }

        private void deregister(final int node, final String id) {
            registered.remove(id);
            final int status =
                    cluster.delete(node, "/registry-svc/instance/" + id).status();
            if (status == 204) {
                deleted.add(id);
            } else if (status == 404 || status == 429 || status == 503 || status == 401) {
                // That node does not know it yet, or says that nothing happened: it is registered all the same.
                registered.add(id);
            }
        }

        void assertPromisesHold() {
            final List<Set<String>> seen = new ArrayList<>();
            await().atMost(CONVERGE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
                seen.clear();
                for (int n = 1; n <= 3; n++) {
                    seen.add(ids(n));
                }
                assertThat(seen.get(1)).isEqualTo(seen.get(0));
                assertThat(seen.get(2)).isEqualTo(seen.get(0));
            });
            assertThat(seen.get(0)).containsAll(registered).doesNotContainAnyElementsOf(deleted);
        }

        private Set<String> ids(final int node) {
            return new TreeSet<>(cluster.get(node, "/registry-svc/instances?slug=" + slug)
                    .json()
                    .path("instances")
                    .findValuesAsText("id"));
        }

        private void pause(final long millis) {
            try {
                TimeUnit.MILLISECONDS.sleep(millis);
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
