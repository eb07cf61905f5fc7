package io.tensorpool.system;

import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/**
 * A thread that publishes so many frames per second, and adds up for how long it was back-pressured: from each refusal to
 * the next frame that went out.
 */
final class PacedProducer implements AutoCloseable {
    private static final long SECOND_NS = 1_000_000_000L;
    /** What is due after the thread did not run for long is not published all at once. */
    private static final int MAX_BURST = 1_000;

    private final Producer producer;
    private final int framesPerSecond;
    private final Thread thread;
    private volatile boolean isOver;
    private volatile long published;
    private volatile long backPressuredNs;
    private volatile long longestNs;

    PacedProducer(final Producer producer, final int framesPerSecond) {
        this.producer = producer;
        this.framesPerSecond = framesPerSecond;
        thread = Thread.ofPlatform().name("paced producer").start(this::run);
    }

    private void run() {
        final FrameClaim claim = new FrameClaim();
        final IdleStrategy pace = new SleepingMillisIdleStrategy(1);
        final long startNs = System.nanoTime();
        long done = 0;
        long refusedNs = 0;
        while (!isOver) {
            final long due = (System.nanoTime() - startNs) / 1_000 * framesPerSecond / 1_000_000;
            done = Math.max(done, due - MAX_BURST);
            for (; done < due && !isOver; done++) {
                final long result = publish(claim);
                final long nowNs = System.nanoTime();
                if (result == Producer.BACK_PRESSURED && refusedNs == 0) {
                    refusedNs = nowNs;
                } else if (result > 0 && refusedNs != 0) {
                    add(nowNs - refusedNs);
                    refusedNs = 0;
                }
            }
            pace.idle();
        }
        if (refusedNs != 0) {
            add(System.nanoTime() - refusedNs);
        }
    }

    private long publish(final FrameClaim claim) {
        final long seq = producer.tryClaim(Stamp.SHAPE, claim);
        if (seq < 0) {
            return seq;
        }
        new Stamp(1, 1, seq).write(claim.payload());
        final long result = claim.commit();
        if (result > 0) {
            published = published + 1;
        }
        return result;
    }

    private void add(final long ns) {
        backPressuredNs = backPressuredNs + ns;
        longestNs = Math.max(longestNs, ns);
    }

    long published() {
        return published;
    }

    double backPressuredSeconds() {
        return (double) backPressuredNs / SECOND_NS;
    }

    double longestSeconds() {
        return (double) longestNs / SECOND_NS;
    }

    @Override
    public void close() {
        isOver = true;
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
