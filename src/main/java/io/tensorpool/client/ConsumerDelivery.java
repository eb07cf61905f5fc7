package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.shm.EpochMapping;
import org.jspecify.annotations.Nullable;

/**
 * How a consumer is told of its frames: what it asks for in its hellos, what it is answered, and what it reports (wire
 * specification 5, 10.1.2, 10.1.3, 10.4.1 and 11). Conductor's thread only.
 */
final class ConsumerDelivery {
    /** Somebody who forges reports under our id makes us change it no more often than this. */
    private static final int INTERVALS_PER_ID = 10;

    private final ClientServices services;
    private final ConsumerOptions options;
    private final Consumer consumer;
    private final ConsumerFeeds feeds;
    private final ProgressFeed progress;
    private final OwnReports reports = new OwnReports();
    private @Nullable ConsumerHello hello;
    private ConsumerMode mode;
    private boolean isFallback;
    private boolean isCollisionTold;
    private long nextHelloNs;
    private long nextReportNs;
    private long mayChangeIdNs;

    ConsumerDelivery(final ClientServices services, final ConsumerOptions options, final Consumer consumer) {
        this.services = services;
        this.options = options;
        this.consumer = consumer;
        this.mode = options.rate().mode();
        this.feeds = new ConsumerFeeds(services.connection(), consumer.feeds(), endpoint());
        this.progress = new ProgressFeed(services, consumer, options);
        applyRate();
    }

    private Endpoint endpoint() {
        return options.descriptorEndpointOr(services.context().descriptorEndpoint());
    }

    /** What the consumer waits for while there is no feed. */
    String obstacle() {
        return "the Aeron media driver has not confirmed the subscription on " + endpoint();
    }

    /** Whether the consumer has been given something to read descriptors from. */
    boolean isConnected() {
        return feeds.isConnected();
    }

    /** Whether the consumer is not to read shared memory. */
    boolean isFallback() {
        return isFallback;
    }

    /**
     * Goes on.
     *
     * @return a work count.
     * @throws ConfigurationException if the media driver refuses the shared stream.
     */
    int doWork() {
        final int workCount = feeds.doWork() + progress.doWork();
        show();
        return workCount;
    }

    private void show() {
        final Consumer.Delivery now = feeds.isOnOwn() ? Consumer.Delivery.OWN : Consumer.Delivery.SHARED;
        if (!isFallback && consumer.delivery() != now) {
            consumer.delivery(now, "");
        }
    }

    /** A new epoch is read: says so at once. */
    void onBound(final long nowNs) {
        nextHelloNs = nowNs;
        nextReportNs = nowNs;
    }

    /** At the interval, while an epoch is read; also before, where somebody has to answer. Returns a work count. */
    int sayHello(final int consumerId, final boolean isReading, final long nowNs) {
        if (nowNs - nextHelloNs < 0 || !(isReading || options.asksForStreams())) {
            return 0;
        }
        if (hello == null || hello.consumerId() != consumerId) {
            hello = options.hello(consumerId);
            reports.clear();
            mayChangeIdNs = nowNs + INTERVALS_PER_ID * services.context().reportIntervalNs();
        }
        if (services.proxies().hello().hello(hello) <= 0) {
            return 0;
        }
        nextHelloNs = nowNs + services.context().reportIntervalNs();
        return 1;
    }

    /** At the interval, while an epoch is read: the report says that the consumer reads it. Returns a work count. */
    int report(final int consumerId, final EpochMapping of, final long nowNs) {
        if (nowNs - nextReportNs < 0) {
            return 0;
        }
        final ConsumerCounts counts = consumer.counts();
        final long epoch = of.epoch();
        final long lastSeqSeen = consumer.lastSeqSeen(epoch);
        final long dropsGap = counts.dropsGap();
        final long dropsLate = counts.dropsLate();
        if (services.proxies()
                        .qos()
                        .qosConsumer(consumer.streamId(), consumerId, epoch, lastSeqSeen, dropsGap, dropsLate, mode)
                <= 0) {
            return 0;
        }
        reports.onSent(epoch, lastSeqSeen, dropsGap, dropsLate);
        nextReportNs = nowNs + services.context().reportIntervalNs();
        return 1;
    }

    /**
     * Somebody reported under the consumer's id, perhaps the consumer itself.
     *
     * @return whether the consumer needs another id (wire specification 10.1.2). One that the application has chosen stays.
     */
    boolean isIdTaken(final long epoch, final long lastSeqSeen, final long dropsGap, final long dropsLate) {
        if (!reports.isAnothers(epoch, lastSeqSeen, dropsGap, dropsLate)) {
            return false;
        }
        if (services.ids().areChosen()) {
            return services.nowNs() - mayChangeIdNs >= 0;
        }
        if (!isCollisionTold) {
            isCollisionTold = true;
            services.context()
                    .errorHandler()
                    .onError(new ConfigurationException(consumer + ": another consumer reports as "
                            + Integer.toUnsignedString(consumer.attachment().clientId())
                            + ", too; give one of them another clientId"));
        }
        return false;
    }

    /** An answer to the consumer's hello. */
    void onConfig(final ConsumerConfig config) {
        mode = options.rate().mode() == ConsumerMode.RATE_LIMITED ? ConsumerMode.RATE_LIMITED : config.mode();
        applyRate();
        if (config.useShm()) {
            useShm();
            follow(config.assigned());
        } else {
            fallBack(config.payloadFallbackUri());
        }
    }

    private void applyRate() {
        consumer.rateIntervalNs(
                mode == ConsumerMode.RATE_LIMITED
                        ? RateGate.intervalNs(options.rate().maxRateHz())
                        : 0);
    }

    private void follow(final OwnStreams assigned) {
        final OwnStreams wishes = options.wishes();
        if (assigned.descriptors().isNone()) {
            feeds.withdraw();
        } else if (!wishes.descriptors().isNone()
                && Channels.isForOwnStream(assigned.descriptors().channel())) {
            feeds.assign(assigned.descriptors());
        }
        if (assigned.controls().isNone()) {
            progress.withdraw();
        } else if (!wishes.controls().isNone()
                && Channels.isForOwnStream(assigned.controls().channel())) {
            progress.assign(assigned.controls());
        }
    }

    private void useShm() {
        if (isFallback) {
            isFallback = false;
            feeds.resume();
            show();
        }
    }

    /** Frames are had elsewhere: nothing is read from shared memory, and nobody waits for this consumer to. */
    private void fallBack(final String uri) {
        isFallback = true;
        feeds.pause();
        progress.withdraw();
        consumer.delivery(Consumer.Delivery.FALLBACK, isKnownScheme(uri) ? uri : "");
    }

    /** Others are to be treated as unsupported (wire specification 10.1.3). */
    private static boolean isKnownScheme(final String uri) {
        return uri.startsWith("aeron:") || uri.startsWith("bridge://");
    }

    /** The lease is over, and with it whatever was assigned. */
    void onLeaseLost() {
        feeds.withdraw();
        progress.withdraw();
    }

    /** The Aeron client is gone; another one will come. */
    void onAeronLost() {
        feeds.onAeronLost();
        progress.onAeronLost();
    }

    /** Nothing is read any more. */
    void close() {
        feeds.close();
        progress.close();
    }

    /** Once the consumer's thread is outside. */
    void release() {
        feeds.release();
        progress.release();
    }
}
