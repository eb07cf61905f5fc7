package io.tensorpool.client;

import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.SlotReader;

/** What a consumer needs to read one epoch; made by the conductor, handed over whole, used by the consumer's thread. */
final class ConsumerBinding {
    private final EpochMapping mapping;
    private final SlotReader reader;

    ConsumerBinding(final EpochMapping mapping) {
        this.mapping = mapping;
        this.reader = new SlotReader(mapping);
    }

    EpochMapping mapping() {
        return mapping;
    }

    SlotReader reader() {
        return reader;
    }
}
