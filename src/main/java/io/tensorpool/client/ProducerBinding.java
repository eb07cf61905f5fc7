package io.tensorpool.client;

import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.SlotWriter;

/**
 * What a producer needs to publish in one epoch; made by the conductor, handed over whole, used by the producer's thread.
 * The publication and the subscription to it live longer than the epoch.
 */
final class ProducerBinding {
    private final EpochMapping mapping;
    private final SlotWriter writer;
    private final DescriptorProxy descriptors;
    private final OwnSubscription ownSubscription;

    ProducerBinding(
            final EpochMapping mapping, final ExclusivePublication publication, final Subscription ownSubscription) {
        this.mapping = mapping;
        this.writer = new SlotWriter(mapping);
        this.descriptors = new DescriptorProxy(new PublicationSink(publication));
        this.ownSubscription = new OwnSubscription(publication, ownSubscription);
    }

    EpochMapping mapping() {
        return mapping;
    }

    SlotWriter writer() {
        return writer;
    }

    DescriptorProxy descriptors() {
        return descriptors;
    }

    OwnSubscription ownSubscription() {
        return ownSubscription;
    }
}
