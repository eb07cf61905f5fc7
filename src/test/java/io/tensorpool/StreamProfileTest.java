package io.tensorpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StreamProfileTest {
    @Test
    void shouldRefuseAStreamWithoutPools() {
        assertThatThrownBy(() -> new StreamProfile("bare", 8, List.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("profile 'bare': payload_pools is empty; expected at least one");
    }

    @Test
    void shouldRefuseMoreMemoryThanAProcessCanMap() {
        final List<PoolSpec> pools = IntStream.range(0, 65_536)
                .mapToObj(id -> new PoolSpec(id, 4_294_967_232L))
                .toList();

        assertThatThrownBy(() -> new StreamProfile("vast", 1 << 30, pools))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("profile 'vast': header_nslots = 1073741824 times the strides of 65536 pools makes"
                        + " 302231450400057666306048 bytes; expected at most 140737488355328, the most that a process can"
                        + " map");
        assertThat(new StreamProfile("large", 1 << 20, List.of(new PoolSpec(1, 1L << 27))).payloadBytes())
                .isEqualTo(1L << 47);
    }
}
