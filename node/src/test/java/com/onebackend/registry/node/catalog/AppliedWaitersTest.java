package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class AppliedWaitersTest {
    private final AppliedWaiters waiters = new AppliedWaiters();

    @Test
    void whoWaitsIsToldWhenItsIndexIsReachedAndNotBefore() {
        final CompletableFuture<Void> seventh = waiters.await(7);
        final CompletableFuture<Void> fifth = waiters.await(5);
        waiters.reached(4);
        assertThat(fifth).isNotDone();
        waiters.reached(6);
        assertThat(fifth).isCompleted();
        assertThat(seventh).isNotDone();
        waiters.reached(9);
        assertThat(seventh).isCompleted();
        assertThat(waiters.size()).isZero();
    }

    @Test
    void whatIsReachedIsNotWaitedFor() {
        waiters.reached(7);
        assertThat(waiters.await(7)).isCompleted();
        assertThat(waiters.await(8)).isNotDone();
    }

    @Test
    void whoGivesUpWaitsNoMore() {
        final CompletableFuture<Void> waiter = waiters.await(7);
        waiter.completeExceptionally(new TimeoutException("enough"));
        assertThat(waiters.size()).isZero();
        waiters.reached(7);
        assertThat(waiter).isCompletedExceptionally();
    }

    @Test
    void whoIsToldMayWaitForMoreAtOnce() {
        final List<String> told = new ArrayList<>();
        waiters.await(1).thenRun(() -> {
            told.add("first");
            waiters.await(2).thenRun(() -> told.add("second"));
        });
        waiters.reached(1);
        waiters.reached(2);
        assertThat(told).containsExactly("first", "second");
    }
}
