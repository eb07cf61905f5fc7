package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which part of a frame that is being filled may be read (wire specification 10.2.2). */
class ProgressPrefixTest {
    private static TensorShape shape(
            final MajorOrder order, final String dims, final String strides, final ProgressUnit unit) {
        return TensorShape.strided(Dtype.UINT16, order, numbers(dims), numbers(strides))
                .withProgress(unit);
    }

    private static int[] numbers(final String text) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    /** Filled bytes, and how many of them are whole elements in whole units. */
    @ParameterizedTest
    @CsvSource({
        // without holes: every byte, whatever the unit
        "ROW,    4 5,   0 0,     NONE,    0,  0",
        "ROW,    4 5,   0 0,     NONE,    17, 17",
        "ROW,    4 5,   0 0,     ROWS,    17, 17",
        "ROW,    4 5,   0 0,     COLUMNS, 17, 17",
        "COLUMN, 4 5,   0 0,     COLUMNS, 17, 17",
        "ROW,    40,    0,       NONE,    80, 80",
        // rows with padding: whole rows with it, and all at the end
        "ROW,    4 5,   16 0,    ROWS,    15, 0",
        "ROW,    4 5,   16 0,    ROWS,    16, 16",
        "ROW,    4 5,   16 0,    ROWS,    47, 32",
        "ROW,    4 5,   16 0,    ROWS,    57, 48",
        "ROW,    4 5,   16 0,    ROWS,    58, 58",
        "ROW,    2 3 2, 32 8 0,  ROWS,    40, 32",
        // padding, and no unit or none that follows the order: nothing, until everything is there
        "ROW,    4 5,   16 0,    NONE,    57, 0",
        "ROW,    4 5,   16 0,    NONE,    58, 58",
        "ROW,    4 5,   16 0,    COLUMNS, 57, 0",
        "COLUMN, 4 5,   0 16,    ROWS,    60, 0",
        // columns
        "COLUMN, 4 5,   0 16,    COLUMNS, 15, 0",
        "COLUMN, 4 5,   0 16,    COLUMNS, 60, 48",
        "COLUMN, 4 5,   0 16,    COLUMNS, 72, 72",
        "COLUMN, 4 2 3, 0 16 32, COLUMNS, 47, 32",
        "COLUMN, 4 2 3, 0 16 64, COLUMNS, 47, 0",
        // elements with holes, as rows of one element
        "ROW,    5,     4,       ROWS,    7,  4",
    })
    void shouldShowWholeElements(
            final MajorOrder order,
            final String dims,
            final String strides,
            final ProgressUnit unit,
            final long filledBytes,
            final long safeBytes) {
        final TensorShape shape = shape(order, dims, strides, unit);

        assertThat(FrameProgress.safeBytes(shape, filledBytes)).isEqualTo(safeBytes);
    }
}
