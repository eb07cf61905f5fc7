package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.shm.Access;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.MappingOptions;
import org.jspecify.annotations.Nullable;

/**
 * The conductor's side of a consumer: lease, mapping, subscription, hello and reports. It follows the announces of its
 * stream: a higher epoch is mapped aside and handed over when it is ready; one whose producer shows no sign of life is
 * withheld until it does.
 */
final class ConsumerSession implements Session, Attachment.Owner {
    private static final long DETACH_TIMEOUT_NS = 1_000_000_000L;

    private final ClientServices services;
    private final Consumer consumer;
    private final Admission<Consumer> added;
    private final Attachment attachment;
    private final MirroredCounters counters;
    private final ConsumerDelivery delivery;
    private @Nullable EpochRegions wanted;
    private @Nullable EpochMapping mapping;
    private @Nullable Long lastEpoch;
    private boolean isWantedByProducer;
    private boolean isMappingUnderway;
    private boolean isClosing;
    private boolean isReleased;
    private boolean isBound;
    private boolean isPidKnown;
    private boolean isForeign;
    private long mappedPid;
    private long nextActivityCheckNs;
    private long remaps;
    private long mappingFailures;

    ConsumerSession(
            final ClientServices services,
            final ConsumerOptions options,
            final Consumer consumer,
            final Admission<Consumer> added) {
        this.services = services;
        this.consumer = consumer;
        this.added = added;
        this.delivery = new ConsumerDelivery(services, options, consumer);
        this.attachment = new Attachment(
                services.context(),
                services.proxies().driver(),
                services.ids(),
                options.streamId(),
                Role.CONSUMER,
                this,
                consumer.attachment());
        this.counters = MirroredCounters.ofConsumer(services, consumer, () -> remaps, () -> mappingFailures);
    }

    @Override
    public Attachment attachment() {
        return attachment;
    }

    @Override
    public boolean isInUse() {
        return consumer.useMark().isInUse();
    }

    @Override
    public boolean isOf(final Object owner) {
        return owner == consumer;
    }

    @Override
    public int doWork(final long nowNs) {
        int workCount = attachment.doWork(nowNs);
        workCount += counters.doWork(attachment.clientId(), nowNs);
        if (isClosing) {
            return workCount + release();
        }
        if (consumer.isClosed()) {
            return workCount;
        }
        workCount += connect();
        workCount += checkFault(nowNs);
        if (attachment.isAttached()) {
            workCount += delivery.sayHello(attachment.clientId(), isBound, nowNs);
        }
        if (mapping != null && delivery.isConnected()) {
            workCount += checkActivity(mapping, nowNs);
            if (isBound) {
                workCount += delivery.report(attachment.clientId(), mapping, nowNs);
            }
        }
        return workCount;
    }

    private int connect() {
        try {
            return delivery.doWork();
        } catch (final ConfigurationException ex) {
            attachment.fail(new TensorPoolException(consumer + ": " + ex.getMessage(), ex));
            return 1;
        }
    }

    /** Stamps that stand still are a producer's death, or its being stopped (wire specification 15.1 and 15.14). */
    private int checkActivity(final EpochMapping of, final long nowNs) {
        if (isBound && nowNs - nextActivityCheckNs < 0) {
            return 0;
        }
        nextActivityCheckNs = nowNs + services.context().announcePeriodNs();
        final boolean isFresh;
        try {
            if (hasForeignWriter(of)) {
                unmap(nowNs);
                return 1;
            }
            isFresh = nowNs - of.activityTimestampNs() <= services.context().freshnessNs();
        } catch (final InternalError fault) {
            unmap(nowNs);
            return 1;
        }
        if (isFresh && !isBound && !delivery.isFallback()) {
            bind(of);
            return 1;
        }
        if (!isFresh) {
            added.complete(); // a driver that stamps nothing itself leaves an idle stream like this for days
        }
        if (!isFresh && isBound) {
            consumer.bind(null);
            isBound = false;
            attachment.onMapped();
            return 1;
        }
        return 0;
    }

    /** Nobody changes the pid of an epoch: a second writer is at work, and only a new epoch is trusted again. */
    private boolean hasForeignWriter(final EpochMapping of) {
        final long pid = of.pid();
        if (isPidKnown && pid != mappedPid) {
            isForeign = true;
            services.context()
                    .errorHandler()
                    .onError(new RegionException(consumer + ": the pid in " + of + " changed from " + mappedPid + " to "
                            + pid + "; it is not read any more"));
        }
        isPidKnown = true;
        mappedPid = pid;
        return isForeign;
    }

    private void bind(final EpochMapping of) {
        consumer.bind(new ConsumerBinding(of));
        isBound = true;
        attachment.onActive();
        delivery.onBound(services.nowNs());
        added.complete();
    }

    @Override
    public void onConsumerConfig(final ConsumerConfig config) {
        if (config.streamId() != consumer.streamId()
                || config.consumerId() != attachment.clientId()
                || !attachment.isAttached()
                || consumer.isClosed()) {
            return;
        }
        delivery.onConfig(config);
        if (delivery.isFallback()) {
            consumer.bind(null);
            isBound = false;
            added.complete();
        }
    }

    private int checkFault(final long nowNs) {
        final ConsumerBinding faulted = consumer.takeFaulted();
        if (faulted == null || faulted.mapping() != mapping) {
            return 0; // none, or one that is over anyway
        }
        unmap(nowNs);
        return 1;
    }

    @Override
    public void onLeaseGranted(final EpochRegions regions) {
        services.events().onAttached(Role.CONSUMER, consumer.attachment(), regions);
        added.waitsFor("its regions are still being mapped");
        follow(regions, false);
    }

    @Override
    public void onAnnounce(final EpochRegions regions, final int producerId) {
        if (regions.streamId() == consumer.streamId() && attachment.isAttached() && !consumer.isClosed()) {
            follow(regions, producerId != 0);
        }
    }

    /** Maps what is newer than what is mapped, and tries again what could not be mapped. */
    private void follow(final EpochRegions regions, final boolean hasProducer) {
        final EpochRegions known = wanted;
        if (known != null) {
            final int order = Long.compareUnsigned(regions.epoch(), known.epoch());
            if (order < 0 || (order == 0 && (mapping != null || isMappingUnderway || isForeign))) {
                return;
            }
        }
        wanted = regions;
        isWantedByProducer = hasProducer;
        if (!isMappingUnderway) {
            map(regions);
        }
    }

    private void map(final EpochRegions regions) {
        isMappingUnderway = true;
        final ClientContext context = services.context();
        // Reading a hole of an epoch without a producer would allocate it.
        final MappingOptions options =
                new MappingOptions(isWantedByProducer && context.prefault(), context.lockMemory());
        services.fileWorker()
                .submit(
                        () -> EpochMapping.map(regions, Access.READ_ONLY, services.paths(), options),
                        (mapped, failure) -> onMapped(regions, mapped, failure));
    }

    /** What became of a mapping. By now another epoch may be wanted, or another lease may have been granted. */
    @SuppressWarnings("ReferenceEquality") // the very description that was asked for
    private void onMapped(
            final EpochRegions regions, final @Nullable EpochMapping mapped, final @Nullable Throwable failure) {
        isMappingUnderway = false;
        final EpochRegions next = wanted;
        final boolean isWanted = regions == next;
        if (mapped == null && isWanted) {
            onMappingFailed(regions, failure == null ? new InternalError() : failure);
        } else if (mapped != null && isWanted) {
            install(mapped);
            services.events().onMapped(Role.CONSUMER, regions, lastEpoch);
            lastEpoch = mapped.epoch();
        } else if (mapped != null) {
            services.lingering().release(mapped);
        }
        if (!isWanted && next != null) {
            map(next);
        }
    }

    /** The next check of its activity binds it. */
    private void install(final EpochMapping mapped) {
        unmap(services.nowNs());
        mapping = mapped;
        attachment.onMapped();
        isPidKnown = false;
        isForeign = false;
        added.waitsFor(delivery.obstacle());
        remaps++;
    }

    private void onMappingFailed(final EpochRegions regions, final Throwable failure) {
        mappingFailures++;
        services.events().onMappingFailed(Role.CONSUMER, regions, failure);
        if (added.isDone()) {
            services.context().errorHandler().onError(failure);
        } else {
            attachment.fail(new RegionException(String.valueOf(failure.getMessage()), failure));
        }
    }

    private void unmap(final long nowNs) {
        consumer.bind(null);
        isBound = false;
        if (mapping != null) {
            services.lingering().add(mapping, nowNs);
            mapping = null;
            attachment.onUnmapped();
        }
    }

    @Override
    public void onLeaseLost(final String cause) {
        unmap(services.nowNs());
        wanted = null;
        delivery.onLeaseLost();
        services.events().onRevoked(Role.CONSUMER, consumer.streamId(), consumer.attachment(), cause);
    }

    @Override
    public void onStateChanged(final AttachmentState from) {
        services.events().onStateChanged(Role.CONSUMER, consumer.streamId(), consumer.attachment(), from);
    }

    @Override
    public void onAttachFailed(final TensorPoolException cause) {
        added.fail(cause);
        close();
    }

    @Override
    public void onConsumerHello(final ConsumerHello ofConsumer) {
        // Producers listen to consumers.
    }

    @Override
    public void onLeaseRevoked(final int streamId, final int clientId, final Role role) {
        // Its own is the attachment's.
    }

    @Override
    public void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate) {
        if (streamId == consumer.streamId()
                && consumerId == attachment.clientId()
                && isBound
                && delivery.isIdTaken(epoch, lastSeqSeen, dropsGap, dropsLate)) {
            attachment.reattachAsAnother("another consumer reports under its id");
        }
    }

    @Override
    public void onAeronLost() {
        delivery.onAeronLost();
        attachment.onAeronLost();
    }

    @Override
    public void abandon() {
        final TensorPoolException cause = new TensorPoolException(consumer + ": the given Aeron client was closed");
        added.fail(cause);
        attachment.abandon(cause);
        consumer.markClosed();
        delivery.close();
        unmap(services.nowNs());
    }

    @Override
    public void close() {
        if (isClosing) {
            return;
        }
        isClosing = true;
        consumer.markClosed();
        added.fail(new TensorPoolException(consumer + ": closed before it was attached"));
        delivery.close();
        unmap(services.nowNs());
        wanted = null;
        attachment.close(DETACH_TIMEOUT_NS);
    }

    /** Not before the consumer's thread has left it. */
    private int release() {
        if (isReleased || isInUse()) {
            return 0;
        }
        isReleased = true;
        counters.close();
        delivery.release();
        return 1;
    }

    @Override
    public boolean isOver() {
        return isReleased && attachment.state().isFinal();
    }
}
