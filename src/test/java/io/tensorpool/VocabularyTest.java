package io.tensorpool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers that never change (wire specification 15.8 and 16), written down a second time. */
class VocabularyTest {
    @ParameterizedTest
    @CsvSource({
        "UINT8, 1",
        "INT8, 2",
        "UINT16, 3",
        "INT16, 4",
        "UINT32, 5",
        "INT32, 6",
        "UINT64, 7",
        "INT64, 8",
        "FLOAT32, 9",
        "FLOAT64, 10",
        "BOOLEAN, 11",
        "BYTES, 13",
        "BIT, 14",
    })
    void shouldHaveTheNumberOfEachDtype(final Dtype dtype, final int code) {
        assertThat(dtype.code()).isEqualTo(code);
        assertThat(Dtype.fromCode(code)).isSameAs(dtype);
        assertThat(io.tensorpool.codec.wire.Dtype.valueOf(dtype.name()).value()).isEqualTo((short) code);
    }

    @Test
    void shouldKnowNoOthers() {
        assertThat(Dtype.values()).hasSize(13);
        for (final int code : new int[] {-1, 0, 12, 15, Short.MAX_VALUE}) {
            assertThat(Dtype.fromCode(code)).as("dtype %d", code).isNull();
        }
        for (final int code : new int[] {-1, 0, 3}) {
            assertThat(MajorOrder.fromCode(code)).as("order %d", code).isNull();
        }
    }

    @Test
    void shouldHaveTheNumbersOfOrdersAndUnits() {
        assertThat(MajorOrder.fromCode(1)).isSameAs(MajorOrder.ROW);
        assertThat(MajorOrder.fromCode(2)).isSameAs(MajorOrder.COLUMN);
        assertThat(ProgressUnit.fromCode(0)).isSameAs(ProgressUnit.NONE);
        assertThat(ProgressUnit.fromCode(1)).isSameAs(ProgressUnit.ROWS);
        assertThat(ProgressUnit.fromCode(2)).isSameAs(ProgressUnit.COLUMNS);
        assertThat(TensorShape.MAX_DIMS).isEqualTo(8);
    }
}
