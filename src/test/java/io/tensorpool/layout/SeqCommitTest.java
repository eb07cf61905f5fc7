package io.tensorpool.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The commit word in one thread; what happens between two is the business of the stress tests. */
class SeqCommitTest {
    private static final long OFFSET = 64;

    @Test
    void shouldEncodeSequenceAndCommitBit() {
        assertThat(SeqCommit.inProgress(6)).isEqualTo(12);
        assertThat(SeqCommit.committed(5)).isEqualTo(11);
        assertThat(SeqCommit.committed(Long.MAX_VALUE)).isEqualTo(-1L);
        assertThat(SeqCommit.seq(-1L)).isEqualTo(Long.MAX_VALUE);
        assertThat(SeqCommit.seq(SeqCommit.inProgress(1L << 62))).isEqualTo(1L << 62);
        assertThat(SeqCommit.isCommitted(11)).isTrue();
        assertThat(SeqCommit.isCommitted(12)).isFalse();
    }

    @Test
    void shouldHoldAWordOnlyWhileTheSlotKeepsIt() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment ring = arena.allocate(HeaderRingLayout.of(1));
            SeqCommit.markInProgress(ring, OFFSET, 3, 100);
            assertThat(ring.get(ValueLayout.JAVA_LONG, OFFSET)).isEqualTo(6);
            SeqCommit.commit(ring, OFFSET, 3);
            final long word = SeqCommit.acquire(ring, OFFSET);
            assertThat(word).isEqualTo(7);
            assertThat(SeqCommit.stillHolds(ring, OFFSET, word)).isTrue();
            SeqCommit.markInProgress(ring, OFFSET, 4, SeqCommit.FULL_FENCE_LENGTH_BYTES);
            assertThat(SeqCommit.stillHolds(ring, OFFSET, word)).isFalse();
            assertThat(SeqCommit.acquire(ring, OFFSET)).isEqualTo(8);
        }
    }
}
