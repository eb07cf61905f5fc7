package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.support.MessageLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Going over from one stream of descriptors to another, with the messages in memory. */
class DescriptorFeedsTest {
    private static final int STREAM_ID = 10_000;
    private static final long EPOCH = 7;

    private final MessageLog sharedLog = new MessageLog();
    private final MessageLog ownLog = new MessageLog();
    private final DescriptorProxy toShared = new DescriptorProxy(sharedLog);
    private final DescriptorProxy toOwn = new DescriptorProxy(ownLog);
    private final DescriptorFeeds feeds = new DescriptorFeeds(STREAM_ID);
    private final DescriptorFeeds.Feed shared = new DescriptorFeeds.Feed(sharedLog, false);
    private final DescriptorFeeds.Feed own = new DescriptorFeeds.Feed(ownLog, true);
    private final List<Long> seqs = new ArrayList<>();
    private int repeated;
    private long lastSeq;
    private boolean hasSeen;

    /** As a consumer does it. Returns whether there was anything. */
    private boolean take(final int limit) {
        final boolean wasAny = feeds.take(limit, EPOCH, lastSeq, hasSeen) > 0;
        final DescriptorBatch batch = feeds.batch();
        while (batch.next()) {
            if (hasSeen && batch.seq() <= lastSeq) {
                assertThat(feeds.isRepeated(EPOCH, batch.seq()))
                        .as("%d", batch.seq())
                        .isTrue();
                repeated++;
            } else {
                lastSeq = batch.seq();
                hasSeen = true;
                seqs.add(lastSeq);
            }
        }
        return wasAny;
    }

    private void takeAll() {
        while (take(10)) {
            // until there is nothing
        }
    }

    private static void frame(final DescriptorProxy to, final long seq) {
        to.frame(STREAM_ID, EPOCH, seq, DescriptorProxy.NULL_TIMESTAMP, 0, 0);
    }

    private void framesOnBoth(final int from, final int until) {
        for (int seq = from; seq < until; seq++) {
            frame(toShared, seq);
            frame(toOwn, seq);
        }
    }

    private void framesOnShared(final int from, final int until) {
        for (int seq = from; seq < until; seq++) {
            frame(toShared, seq);
        }
    }

    @Test
    void shouldReadNothingWithoutAPlan() {
        framesOnShared(0, 3);

        assertThat(take(10)).isFalse();
    }

    @Test
    void shouldReadToTheEndOfTheSharedStreamBeforeItGoesOver() {
        feeds.plan(new DescriptorFeeds.Plan(shared, own));
        framesOnShared(0, 30);
        framesOnBoth(30, 50);

        takeAll();

        assertThat(seqs).hasSize(50).isSorted().doesNotHaveDuplicates();
        assertThat(feeds.hasJoined(own)).isTrue();
        assertThat(feeds.isOnOwn()).isTrue();

        framesOnBoth(50, 60);
        takeAll();
        assertThat(seqs).hasSize(60);
        assertThat(sharedLog.isEmpty())
                .as("the shared stream is not read any more")
                .isFalse();
    }

    /** A stream that never runs dry still comes to the frame before the first of the other. */
    @Test
    void shouldGoOverWhileTheSharedStreamNeverEnds() {
        feeds.plan(new DescriptorFeeds.Plan(shared, own));
        framesOnShared(0, 100);
        int next = 100;
        for (int i = 0; i < 50 && !feeds.hasJoined(own); i++) {
            framesOnBoth(next, next + 5);
            next += 5;
            take(10);
        }
        assertThat(feeds.hasJoined(own)).isTrue();
        takeAll();

        assertThat(seqs).hasSize(next).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void shouldStayWhereItIsUntilSomethingComesOnTheOther() {
        feeds.plan(new DescriptorFeeds.Plan(shared, own));
        framesOnShared(0, 5);
        takeAll();

        assertThat(seqs).hasSize(5);
        assertThat(feeds.hasJoined(own)).isFalse();
    }

    @Test
    void shouldStayOnTheSharedStreamWhenTheOtherIsTakenAwayBeforeItWentOver() {
        feeds.plan(new DescriptorFeeds.Plan(shared, own));
        framesOnShared(0, 40);
        framesOnBoth(40, 45);
        take(10);
        feeds.plan(new DescriptorFeeds.Plan(shared, null));
        takeAll();

        assertThat(seqs).hasSize(45).isSorted().doesNotHaveDuplicates();
        assertThat(feeds.isOnOwn()).isFalse();
    }

    /** The conductor did not see in time that the consumer had gone over. */
    @Test
    void shouldNotTakeTwiceWhatItReadOnTheOtherBeforeItWasSentBack() {
        feeds.plan(new DescriptorFeeds.Plan(shared, own));
        framesOnBoth(0, 20);
        take(5);
        take(5);
        takeAll();
        assertThat(feeds.hasJoined(own)).isTrue();
        framesOnBoth(20, 30);
        takeAll();

        feeds.plan(new DescriptorFeeds.Plan(shared, null));
        takeAll();

        assertThat(seqs).hasSize(30).isSorted().doesNotHaveDuplicates();
        assertThat(repeated).isPositive();
    }

    @Test
    void shouldNotTakeAFrameForNewThatComesAgainAfterTheRepeatedOnes() {
        feeds.plan(new DescriptorFeeds.Plan(shared, own));
        framesOnBoth(0, 10);
        takeAll();
        framesOnBoth(10, 20);
        takeAll();

        assertThat(feeds.isRepeated(EPOCH, 5)).isTrue();
        assertThat(feeds.isRepeated(EPOCH, 15))
                .as("first seen on the new stream")
                .isFalse();
        assertThat(feeds.isRepeated(EPOCH + 1, 5)).as("of another epoch").isFalse();
    }

    @Test
    void shouldLoseNothingAndRepeatNothingWheneverItGoesBackAndForth() {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        int next = 0;
        boolean isOnOwn = false;
        feeds.plan(new DescriptorFeeds.Plan(shared, null));
        for (int round = 0; round < 200; round++) {
            final DescriptorFeeds.Feed from = new DescriptorFeeds.Feed(isOnOwn ? ownLog : sharedLog, isOnOwn);
            final DescriptorFeeds.Feed to = new DescriptorFeeds.Feed(isOnOwn ? sharedLog : ownLog, !isOnOwn);
            (isOnOwn ? sharedLog : ownLog).clear(); // whoever subscribes begins with what is published from then on
            feeds.plan(new DescriptorFeeds.Plan(from, to));
            while (!feeds.hasJoined(to)) {
                final int frames = random.nextInt(100);
                framesOnBoth(next, next + frames);
                next += frames;
                for (int takes = random.nextInt(5); takes > 0; takes--) {
                    take(1 + random.nextInt(70));
                }
            }
            isOnOwn = !isOnOwn;
            feeds.plan(new DescriptorFeeds.Plan(to, null));
            framesOnBoth(next, next + 20); // unread when the next change begins
            next += 20;
        }
        takeAll();

        assertThat(seqs).as("seed %d", seed).hasSize(next).isSorted().doesNotHaveDuplicates();
    }
}
