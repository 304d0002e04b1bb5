package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.onebackend.registry.node.cluster.ProcessCluster.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Network namespaces of this machine, one for each node, at one bridge: a network that can be broken. Needs root. What
 * it made is removed by {@link #close}, at the latest when this JVM ends; what a JVM that was killed left behind is
 * removed by the next one. Faults concern what nodes send each other, not the test's own requests. Node N is 1-based.
 */
final class NetworkLab implements AutoCloseable {
    private static final int PORT = 11_337;
    private static final int HOST_NUMBER = 254;
    private static final long COMMAND_SECONDS_MAX = 20;
    private static final String NAME = "rglab";

    private final long pid = ProcessHandle.current().pid();
    // 198.18.0.0/15 is for tests of networks; two runs at the same time should not meet.
    private final String subnet = "198." + (18 + (pid >> 8 & 1)) + "." + (pid & 0xff) + ".";
    private final int nodes;
    private final Thread hook = new Thread(this::remove, "lab-removal");

    private NetworkLab(final int nodes) {
        this.nodes = nodes;
    }

    /** Why there can be no lab on this machine; empty when there can. */
    static String obstacle() throws InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "network namespaces need root";
        }
        for (final String tool : List.of("ip", "iptables")) {
            try {
                run(List.of(tool, "-V"));
            } catch (final IOException e) {
                return "the command " + tool + " is missing: apt-get install iproute2 iptables";
            }
        }
        final String probe = NAME + ProcessHandle.current().pid() + "p";
        try {
            run(List.of("ip", "netns", "add", probe));
            run(List.of("ip", "netns", "exec", probe, "iptables", "-L", "-n"));
        } catch (final IOException e) {
            return "this machine allows no network namespaces: " + e.getMessage();
        } finally {
            tryRun("ip", "netns", "del", probe);
        }
        return "";
    }

    /**
     * Skips the test where there can be no lab, and says why; with {@code -Dnetwork.faults=required}, as in CI, that is
     * a failure.
     */
    static void assumePossible() throws InterruptedException {
        final String obstacle = obstacle();
        if (!obstacle.isEmpty()) {
            System.out.println("Network faults are not tested: " + obstacle);
        }
        if ("required".equals(System.getProperty("network.faults"))) {
            assertThat(obstacle)
                    .as("what keeps network faults from being tested")
                    .isEmpty();
        }
        assumeTrue(obstacle.isEmpty(), obstacle);
    }

    static NetworkLab open(final int nodes) throws IOException, InterruptedException {
        removeLeftovers();
        final NetworkLab lab = new NetworkLab(nodes);
        Runtime.getRuntime().addShutdownHook(lab.hook);
        try {
            lab.make();
            return lab;
        } catch (final IOException | InterruptedException e) {
            lab.close();
            throw e;
        }
    }

    List<Site> sites() {
        final List<Site> sites = new ArrayList<>();
        for (int n = 1; n <= nodes; n++) {
            sites.add(new Site(address(n), PORT, List.of("ip", "netns", "exec", namespace(n))));
        }
        return sites;
    }

    String address(final int n) {
        return subnet + n;
    }

    /** Every node loses this part of the packets that come from other nodes. */
    void lose(final double part) throws IOException, InterruptedException {
        for (int n = 1; n <= nodes; n++) {
            dropAt(n, "-m", "statistic", "--mode", "random", "--probability", Double.toString(part));
        }
    }

    /** No datagram passes between nodes. */
    void blockUdp() throws IOException, InterruptedException {
        for (int n = 1; n <= nodes; n++) {
            dropAt(n, "-p", "udp");
        }
    }

    /** No packet of more than {@code bytes} passes between nodes, and nobody is told. */
    void dropLargerThan(final int bytes) throws IOException, InterruptedException {
        for (int n = 1; n <= nodes; n++) {
            dropAt(n, "-m", "length", "--length", (bytes + 1) + ":65535");
        }
    }

    /** What {@code from} sends does not reach {@code to}; the other way round it does. */
    void dropOneWay(final int from, final int to) throws IOException, InterruptedException {
        inside(to, "iptables", "-A", "INPUT", "-s", address(from), "-j", "DROP");
    }

    /** These nodes on one side, all others on the other. */
    void partition(final int... side) throws IOException, InterruptedException {
        for (int n = 1; n <= nodes; n++) {
            for (int other = 1; other <= nodes; other++) {
                if (contains(side, n) != contains(side, other)) {
                    dropOneWay(other, n);
                }
            }
        }
    }

    /** Everything passes again. */
    void heal() throws IOException, InterruptedException {
        for (int n = 1; n <= nodes; n++) {
            inside(n, "iptables", "-F", "INPUT");
        }
    }

    @Override
    public void close() {
        remove();
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    private static boolean contains(final int[] side, final int n) {
        for (final int member : side) {
            if (member == n) {
                return true;
            }
        }
        return false;
    }

    private void dropAt(final int n, final String... match) throws IOException, InterruptedException {
        final List<String> rule = new ArrayList<>(List.of("iptables", "-A", "INPUT", "!", "-s", address(HOST_NUMBER)));
        // A node talks to itself over this.
        rule.addAll(List.of("!", "-i", "lo"));
        rule.addAll(List.of(match));
        rule.addAll(List.of("-j", "DROP"));
        inside(n, rule.toArray(String[]::new));
    }

    private void inside(final int n, final String... command) throws IOException, InterruptedException {
        final List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace(n)));
        whole.addAll(List.of(command));
        run(whole);
    }

    private void make() throws IOException, InterruptedException {
        run(List.of("ip", "link", "add", bridge(), "type", "bridge"));
        run(List.of("ip", "addr", "add", address(HOST_NUMBER) + "/24", "dev", bridge()));
        run(List.of("ip", "link", "set", bridge(), "up"));
        for (int n = 1; n <= nodes; n++) {
            run(List.of("ip", "netns", "add", namespace(n)));
            run(List.of("ip", "link", "add", outer(n), "type", "veth", "peer", "name", "eth0", "netns", namespace(n)));
            run(List.of("ip", "link", "set", outer(n), "master", bridge(), "up"));
            inside(n, "ip", "addr", "add", address(n) + "/24", "dev", "eth0");
            inside(n, "ip", "link", "set", "eth0", "up");
            inside(n, "ip", "link", "set", "lo", "up");
        }
    }

    private void remove() {
        for (int n = 1; n <= nodes; n++) {
            tryRun("ip", "link", "del", outer(n));
            removeNamespace(namespace(n));
        }
        tryRun("ip", "link", "del", bridge());
    }

    /** A JVM that was killed could not remove what it had made. */
    private static void removeLeftovers() throws IOException, InterruptedException {
        for (final String line : run(List.of("ip", "netns", "list")).lines().toList()) {
            final String name = line.split(" ", 2)[0];
            if (isLeftover(name)) {
                removeNamespace(name);
            }
        }
        final Stream<String> links =
                run(List.of("ip", "-o", "link", "show", "type", "bridge")).lines();
        links.map(line -> line.split(": ", 3)[1])
                .filter(NetworkLab::isLeftover)
                .forEach(name -> tryRun("ip", "link", "del", name));
    }

    /** With the processes in it: a namespace of ours holds only nodes that a test started. */
    private static void removeNamespace(final String name) {
        for (final String pid : tryRun("ip", "netns", "pids", name).lines().toList()) {
            ProcessHandle.of(Long.parseLong(pid.strip())).ifPresent(ProcessHandle::destroyForcibly);
        }
        tryRun("ip", "netns", "del", name);
    }

    private static boolean isLeftover(final String name) {
        final String digits =
                name.startsWith(NAME) ? name.substring(NAME.length()).replaceFirst("[a-z].*", "") : "";
        return !digits.isEmpty()
                && ProcessHandle.of(Long.parseLong(digits))
                        .filter(ProcessHandle::isAlive)
                        .isEmpty();
    }

    private String bridge() {
        return NAME + pid + "b";
    }

    private String namespace(final int n) {
        return NAME + pid + "n" + n;
    }

    private String outer(final int n) {
        return NAME + pid + "v" + n;
    }

    /** What is to be removed may be gone already: then there is nothing to say either. */
    private static String tryRun(final String... command) {
        try {
            return run(List.of(command));
        } catch (final IOException gone) {
            return "";
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static String run(final List<String> command) throws IOException, InterruptedException {
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " does not end");
        }
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip());
        }
        return output;
    }
}
