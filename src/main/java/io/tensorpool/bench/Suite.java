package io.tensorpool.bench;

import java.util.List;

/** How much is measured. */
public enum Suite {
    /** Some two minutes: enough to see that nothing has become much slower. */
    QUICK(3, new Timing(1, 1), List.of(64, 640 << 10)),
    /** Up to an hour: what is published. */
    FULL(5, new Timing(2, 5), List.of(64, 4 << 10, 640 << 10, 8 << 20));

    private final int runs;
    private final Timing timing;
    private final List<Integer> sizesBytes;

    Suite(final int runs, final Timing timing, final List<Integer> sizesBytes) {
        this.runs = runs;
        this.timing = timing;
        this.sizesBytes = sizesBytes;
    }

    int runs() {
        return runs;
    }

    Timing timing() {
        return timing;
    }

    List<Integer> sizesBytes() {
        return sizesBytes;
    }
}
