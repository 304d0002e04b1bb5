package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.node.catalog.CatalogFeed.View;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CatalogFeedTest {
    private static final CatalogPeer N1 = new CatalogPeer("n1", "127.0.0.1", 1_001);
    private static final View VIEW = new View("n1", List.of(N1), 7);
    private static final int SEEN = FeedAnswer.viewOf("n1", List.of(N1));

    private final CatalogFeed feed = new CatalogFeed();
    private static final CatalogEpoch THIRD = new CatalogEpoch(3, 8, 5);
    private final AtomicInteger news = new AtomicInteger();

    @BeforeEach
    void begin() {
        feed.began(10, THIRD);
        feed.onNews(news::incrementAndGet);
    }

    private void take(final long index, final int bytes) {
        feed.took(new FeedEntry(index, 2, new byte[bytes]));
    }

    private CompletableFuture<FeedAnswer> poll(final long applied, final int waitMillis) {
        return feed.poll(new FeedPoll(THIRD, applied, waitMillis, SEEN), VIEW, 0);
    }

    @Test
    void entriesAfterThePositionComeInOrder() {
        take(11, 1);
        take(13, 1);
        take(14, 1);
        feed.passed(15);

        final FeedAnswer answer = poll(11, 1_000).join();

        assertThat(answer.entries()).extracting(FeedEntry::index).containsExactly(13L, 14L);
        assertThat(answer.upTo())
                .as("the log's end, with what was not for the catalog")
                .isEqualTo(15);
        assertThat(answer.needsCopy()).isFalse();
        assertThat(answer.leaderId()).isEqualTo("n1");
        assertThat(answer.ageMillis()).isEqualTo(7);
    }

    @Test
    void questionWaitsUntilSomethingComes() {
        final CompletableFuture<FeedAnswer> waiting = poll(10, 1_000);
        feed.flush(VIEW, TimeUnit.MILLISECONDS.toNanos(999));
        assertThat(waiting).isNotDone();

        take(11, 1);
        assertThat(news).hasValue(1);
        feed.flush(VIEW, TimeUnit.MILLISECONDS.toNanos(999));

        assertThat(waiting.join().entries()).extracting(FeedEntry::index).containsExactly(11L);
    }

    @Test
    void questionWaitsNoLongerThanItSaid() {
        final CompletableFuture<FeedAnswer> waiting = poll(10, 1_000);
        feed.flush(VIEW, TimeUnit.MILLISECONDS.toNanos(1_000));
        assertThat(waiting.join().entries()).isEmpty();
        assertThat(waiting.join().upTo()).isEqualTo(10);
    }

    @Test
    void nobodyWaitsLongerThanAQuestionMay() {
        final CompletableFuture<FeedAnswer> waiting = poll(10, Integer.MAX_VALUE);
        feed.flush(VIEW, TimeUnit.MILLISECONDS.toNanos(CatalogFeed.WAIT_MILLIS_MAX));
        assertThat(waiting).isDone();
    }

    @Test
    void newLeaderOrVotersAreToldAtOnce() {
        final CompletableFuture<FeedAnswer> waiting = poll(10, 1_000);
        feed.flush(new View("n2", List.of(N1), 0), 1);
        assertThat(waiting.join().leaderId()).isEqualTo("n2");
    }

    @Test
    void whoIsBehindTheFirstEntryNeedsACopy() {
        assertThat(poll(9, 1_000).join().needsCopy()).isTrue();
        assertThat(poll(9, 1_000).join().entries()).isEmpty();
        assertThat(feed.poll(new FeedPoll(new CatalogEpoch(2, 9, 9), 10, 1_000, SEEN), VIEW, 0)
                        .join()
                        .needsCopy())
                .as("of an earlier epoch")
                .isTrue();
    }

    @Test
    void whoIsAheadLearnsSoAtOnce() {
        final FeedAnswer answer = poll(12, 1_000).join();
        assertThat(answer.upTo()).isEqualTo(10);
        assertThat(answer.needsCopy()).isFalse();
        final FeedAnswer later = feed.poll(new FeedPoll(new CatalogEpoch(4, 2, 2), 2, 1_000, SEEN), VIEW, 0)
                .join();
        assertThat(later.epoch()).isEqualTo(THIRD);
        assertThat(later.needsCopy()).isFalse();
        assertThat(later.entries()).isEmpty();
    }

    @Test
    void whoIsInTheEpochThatLosesOfTwoAtOnceNeedsACopyAndTheOtherDoesNot() {
        final CatalogEpoch behind = new CatalogEpoch(3, 8, 4);
        final CatalogEpoch ahead = new CatalogEpoch(3, 8, -1);
        assertThat(feed.poll(new FeedPoll(behind, 10, 1_000, SEEN), VIEW, 0)
                        .join()
                        .needsCopy())
                .isTrue();
        final FeedAnswer answer =
                feed.poll(new FeedPoll(ahead, 2, 1_000, SEEN), VIEW, 0).join();
        assertThat(answer.needsCopy()).isFalse();
        assertThat(answer.entries()).isEmpty();
        assertThat(answer.epoch()).isEqualTo(THIRD);
    }

    @Test
    void whoAsksIsToldThatThisNodeIsAboutToRecover() {
        feed.recovering(true);
        assertThat(poll(12, 0).join().isRecovering()).isTrue();
        feed.recovering(false);
        assertThat(poll(12, 0).join().isRecovering()).isFalse();
    }

    @Test
    void numberOfEntriesKeptIsLimited() {
        for (int i = 1; i <= CatalogFeed.ENTRIES_MAX + 5; i++) {
            take(10 + i, 1);
        }
        assertThat(feed.floor()).isEqualTo(15);
        assertThat(poll(15, 0).join().needsCopy()).isFalse();
        assertThat(poll(14, 0).join().needsCopy()).isTrue();
    }

    @Test
    void bytesOfEntriesKeptAreLimited() {
        final int large = 500_000;
        final int fits = (int) (CatalogFeed.BYTES_MAX / large);
        for (int i = 1; i <= fits + 3; i++) {
            take(10 + i, large);
        }
        assertThat(feed.floor()).isEqualTo(13);
    }

    @Test
    void answerIsLimitedAndSaysHowFarItGoes() {
        take(11, CatalogFeed.ANSWER_BYTES_MAX + 1);
        take(12, CatalogFeed.ANSWER_BYTES_MAX / 2);
        take(13, CatalogFeed.ANSWER_BYTES_MAX / 2);
        take(14, 1);

        final FeedAnswer first = poll(10, 0).join();
        assertThat(first.entries()).as("one that is too large goes alone").hasSize(1);
        assertThat(first.upTo()).isEqualTo(11);
        assertThat(first.hasMore()).isTrue();
        final FeedAnswer second = poll(11, 0).join();
        assertThat(second.entries()).extracting(FeedEntry::index).containsExactly(12L, 13L);
        assertThat(second.upTo()).isEqualTo(13);
        assertThat(second.hasMore()).isTrue();
        assertThat(poll(13, 0).join().upTo()).isEqualTo(14);
        assertThat(poll(13, 0).join().hasMore()).isFalse();
    }

    @Test
    void numberOfThoseWhoWaitIsLimited() {
        for (int i = 0; i < CatalogFeed.WAITING_MAX; i++) {
            assertThat(poll(10, 1_000)).isNotDone();
        }
        assertThat(poll(10, 1_000).join().entries()).isEmpty();
    }

    @Test
    void replacedCatalogAnswersThoseWhoWait() {
        final CompletableFuture<FeedAnswer> waiting = poll(10, 1_000);
        feed.began(500, new CatalogEpoch(4, 2, 2));
        feed.flush(VIEW, 1);
        assertThat(waiting.join().epoch().number()).isEqualTo(4);
        assertThat(waiting.join().needsCopy()).isTrue();
    }

    @Test
    void closingEndsAllWaiting() {
        final CompletableFuture<FeedAnswer> waiting = poll(10, 1_000);
        feed.close();
        assertThatThrownBy(waiting::join).hasMessageContaining("clos");
    }
}
