package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NodePositionsTest implements FeedPeers {
    private List<Candidate> candidates =
            List.of(new Candidate("n1", "", true), new Candidate("n2", "", true), new Candidate("n3", "", false));
    private final List<String> asked = new ArrayList<>();
    private final List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    private final NodePositions positions = new NodePositions("n1", this);

    @Test
    void lagIsCountedFromWhereTheAskerWasWhenItAsked() {
        positions.ask(CatalogEpoch.FIRST, 100, System.nanoTime());
        assertThat(asked).as("not itself, not who is unreachable").containsExactly("n2");
        answers.get(0).complete(answer(CatalogEpoch.FIRST, 90));
        assertThat(positions.known()).containsExactly(new NodePosition("n2", 90, 10));
    }

    @Test
    void aCatalogOfAnotherEpochIsNowhere() {
        positions.ask(new CatalogEpoch(1, 50, 7), 100, System.nanoTime());
        answers.get(0).complete(answer(CatalogEpoch.FIRST, 90));
        assertThat(positions.known()).isEmpty();
    }

    @Test
    void whatWasSaidIsForgottenWhenTheNodeFallsSilent() {
        final long start = System.nanoTime();
        positions.ask(CatalogEpoch.FIRST, 100, start);
        answers.get(0).complete(answer(CatalogEpoch.FIRST, 90));
        positions.ask(CatalogEpoch.FIRST, 100, start + TimeUnit.SECONDS.toNanos(9));
        assertThat(positions.known()).hasSize(1);
        positions.ask(CatalogEpoch.FIRST, 100, start + TimeUnit.SECONDS.toNanos(60));
        assertThat(positions.known()).isEmpty();
    }

    @Test
    void inALargeClusterAFewAreAskedAtATimeAndEverybodyInTurn() {
        candidates = IntStream.range(0, 40)
                .mapToObj(i -> new Candidate("m" + i, "", true))
                .toList();
        for (int round = 1; round <= 5; round++) {
            positions.ask(CatalogEpoch.FIRST, 100, System.nanoTime());
            assertThat(asked).hasSizeLessThanOrEqualTo(round * NodePositions.ASKED_MAX);
            List.copyOf(answers).forEach(each -> each.complete(answer(CatalogEpoch.FIRST, 100)));
        }
        assertThat(asked.subList(0, 40)).doesNotHaveDuplicates();
        assertThat(positions.known()).hasSize(40);
    }

    @Test
    void whoDoesNotAnswerIsNotAskedTwiceAtOnce() {
        positions.ask(CatalogEpoch.FIRST, 100, System.nanoTime());
        positions.ask(CatalogEpoch.FIRST, 100, System.nanoTime());
        assertThat(asked).hasSize(1);
    }

    private static byte[] answer(final CatalogEpoch epoch, final long upTo) {
        return FeedCodec.encode(new FeedAnswer(epoch, upTo, List.of(), false, false, "n1", List.of(), 0, false));
    }

    @Override
    public List<Candidate> candidates() {
        return candidates;
    }

    @Override
    public CompletableFuture<byte[]> request(final Candidate to, final byte[] request, final Duration timeout) {
        asked.add(to.nodeId());
        final CompletableFuture<byte[]> answer = new CompletableFuture<>();
        answers.add(answer);
        return answer;
    }
}
