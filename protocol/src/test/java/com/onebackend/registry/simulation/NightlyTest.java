package com.onebackend.registry.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipMessage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class NightlyTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    @Test
    void everySizeGetsSomeOfTheSeeds() {
        final Set<Integer> sizes = new TreeSet<>();
        for (long seed = 1; seed <= 2_000; seed++) {
            sizes.add(Nightly.nodesOf(seed));
        }
        assertThat(sizes).containsExactly(1, 2, 3, 5, 10, 30, 100);
    }

    @Test
    void seedsThatHoldAreCountedAndNotListed() {
        assertThat(nightly(1, config -> new Simulation(config.lasting(EventQueue.SECOND)))
                        .run())
                .isEmpty();
        assertThat(text(out)).isEmpty();
        assertThat(text(progress)).contains("6 of 6 seeds, 0 failures");
    }

    @Test
    void everyFailureIsOneLineThatShowsItAgain() {
        final List<String> failures = nightly(1, config -> {
                    final Simulation deaf = new Simulation(config.lasting(EventQueue.SECOND));
                    deaf.network()
                            .tamper((from, to, message) ->
                                    message.type() == GossipMessage.Type.SWIM ? List.of() : List.of(message));
                    return deaf;
                })
                .run();
        assertThat(failures).isNotEmpty();
        assertThat(text(out).lines()).containsExactlyInAnyOrderElementsOf(new ArrayList<>(failures));
        assertThat(failures)
                .allMatch(line -> line.matches(
                        "scripts/simulate --seed \\d+ --nodes \\d+( --forgetful)? +# no agreement within .*"))
                .anyMatch(line -> line.contains(" --forgetful "));
    }

    @Test
    void timeThatIsUpEndsItBeforeTheNextSeed() {
        assertThat(nightly(0, config -> {
                            throw new AssertionError("no time was left");
                        })
                        .run())
                .isEmpty();
        assertThat(text(progress)).contains("0 of 6 seeds");
    }

    /** Six seeds of small clusters. */
    private Nightly nightly(final long minutes, final Function<SimulationConfig, Simulation> simulations) {
        long first = 1;
        while (!isSmall(first)) {
            first++;
        }
        return new Nightly(first, 6, minutes, simulations, stream(out), stream(progress));
    }

    private static boolean isSmall(final long first) {
        for (long seed = first; seed < first + 6; seed++) {
            if (Nightly.nodesOf(seed) > 5 || Nightly.nodesOf(seed) == 1) {
                return false;
            }
        }
        return true;
    }

    private static PrintStream stream(final ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(final ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
