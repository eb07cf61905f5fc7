package io.tensorpool.layout;

import static io.tensorpool.layout.LittleEndian.U16;
import static io.tensorpool.layout.LittleEndian.U32;
import static io.tensorpool.layout.LittleEndian.U8;

import io.tensorpool.TensorShape;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * The 192 bytes that a slot embeds: an SBE message header and the tensor header. Offsets are from the message header.
 *
 * <pre>
 *     0  +---------------+---------------+---------------+---------------+
 *        |  blockLength  |  templateId   |   schemaId    |    version    |   184, 52, 900, 1
 *     8  +---------------+---------------+-------+-------+-------+-------+
 *        |     dtype     |  majorOrder   | ndims |padAlgn| unit  |           i16, i16, u8, u8, u8
 *    15  +---------------+---------------+-------+-------+-------+
 *        |      progressStrideBytes      |                                   u32, unaligned
 *    19  +-------------------------------+-------------------------------+
 *        |  dims[0] | dims[1] |            ...                 | dims[7]  |   i32, unaligned
 *    51  +---------------------------------------------------------------+
 *        |strides[0]|strides[1]|           ...                |strides[7]|   i32, unaligned
 *    83  +---------------------------------------------------------------+
 *        |                        pad, 109 bytes                         |   ignored by readers
 *   192  +---------------------------------------------------------------+
 * </pre>
 *
 * Wire specification 8.2. Handles take the segment and the offset of the message header in it.
 */
public final class TensorHeaderLayout {
    /** The structure. */
    public static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    U16.withName("blockLength"),
                    U16.withName("templateId"),
                    U16.withName("schemaId"),
                    U16.withName("version"),
                    U16.withName("dtype"),
                    U16.withName("majorOrder"),
                    U8.withName("ndims"),
                    U8.withName("padAlign"),
                    U8.withName("progressUnit"),
                    U32.withName("progressStrideBytes"),
                    MemoryLayout.sequenceLayout(TensorShape.MAX_DIMS, U32).withName("dims"),
                    MemoryLayout.sequenceLayout(TensorShape.MAX_DIMS, U32).withName("strides"),
                    MemoryLayout.sequenceLayout(109, U8).withName("pad"))
            .withName("tensorHeader");

    /** Value of {@code blockLength}: the bytes behind the message header. */
    public static final int BLOCK_LENGTH = 184;
    /** Value of {@code templateId}. */
    public static final int TEMPLATE_ID = 52;
    /** Value of {@code schemaId}. */
    public static final int SCHEMA_ID = 900;
    /** Value of {@code version}. */
    public static final int VERSION = 1;

    /** Offset of {@code blockLength}. */
    public static final long BLOCK_LENGTH_OFFSET = LittleEndian.offset(LAYOUT, "blockLength");
    /** Offset of {@code templateId}. */
    public static final long TEMPLATE_ID_OFFSET = LittleEndian.offset(LAYOUT, "templateId");
    /** Offset of {@code schemaId}. */
    public static final long SCHEMA_ID_OFFSET = LittleEndian.offset(LAYOUT, "schemaId");
    /** Offset of {@code version}. */
    public static final long VERSION_OFFSET = LittleEndian.offset(LAYOUT, "version");
    /** Offset of {@code dtype}, the first byte behind the message header. */
    public static final long DTYPE_OFFSET = LittleEndian.offset(LAYOUT, "dtype");
    /** Offset of {@code majorOrder}. */
    public static final long MAJOR_ORDER_OFFSET = LittleEndian.offset(LAYOUT, "majorOrder");
    /** Offset of {@code ndims}. */
    public static final long NDIMS_OFFSET = LittleEndian.offset(LAYOUT, "ndims");
    /** Offset of {@code padAlign}. */
    public static final long PAD_ALIGN_OFFSET = LittleEndian.offset(LAYOUT, "padAlign");
    /** Offset of {@code progressUnit}. */
    public static final long PROGRESS_UNIT_OFFSET = LittleEndian.offset(LAYOUT, "progressUnit");
    /** Offset of {@code progressStrideBytes}. */
    public static final long PROGRESS_STRIDE_BYTES_OFFSET = LittleEndian.offset(LAYOUT, "progressStrideBytes");
    /** Offset of {@code dims[0]}. */
    public static final long DIMS_OFFSET = LittleEndian.offset(LAYOUT, "dims");
    /** Offset of {@code strides[0]}. */
    public static final long STRIDES_OFFSET = LittleEndian.offset(LAYOUT, "strides");
    /** Offset of {@code pad}, the end of what a reader looks at. */
    public static final long PAD_OFFSET = LittleEndian.offset(LAYOUT, "pad");
    /** Bytes of {@code pad}. */
    public static final long PAD_BYTES =
            LAYOUT.select(PathElement.groupElement("pad")).byteSize();

    /** {@code short}, plain. */
    public static final VarHandle BLOCK_LENGTH_VH = LittleEndian.handle(LAYOUT, "blockLength");
    /** {@code short}, plain. */
    public static final VarHandle TEMPLATE_ID_VH = LittleEndian.handle(LAYOUT, "templateId");
    /** {@code short}, plain. */
    public static final VarHandle SCHEMA_ID_VH = LittleEndian.handle(LAYOUT, "schemaId");
    /** {@code short}, plain. */
    public static final VarHandle VERSION_VH = LittleEndian.handle(LAYOUT, "version");
    /** {@code short}, plain. */
    public static final VarHandle DTYPE_VH = LittleEndian.handle(LAYOUT, "dtype");
    /** {@code short}, plain. */
    public static final VarHandle MAJOR_ORDER_VH = LittleEndian.handle(LAYOUT, "majorOrder");
    /** {@code byte}, plain. */
    public static final VarHandle NDIMS_VH = LittleEndian.handle(LAYOUT, "ndims");
    /** {@code byte}, plain. */
    public static final VarHandle PROGRESS_UNIT_VH = LittleEndian.handle(LAYOUT, "progressUnit");
    /** {@code int}, plain. */
    public static final VarHandle PROGRESS_STRIDE_BYTES_VH = LittleEndian.handle(LAYOUT, "progressStrideBytes");
    /** {@code int}, plain; a third coordinate is the dimension, a {@code long} from 0 to 7. */
    public static final VarHandle DIMS_VH = LittleEndian.arrayHandle(LAYOUT, "dims");
    /** {@code int}, plain; a third coordinate is the dimension, a {@code long} from 0 to 7. */
    public static final VarHandle STRIDES_VH = LittleEndian.arrayHandle(LAYOUT, "strides");

    /** {@code long}, plain: any 8 bytes, at an offset of the segment that is a multiple of 8. To compare headers with. */
    public static final VarHandle WORD_VH = LittleEndian.ATOMIC_U64.varHandle().withInvokeExactBehavior();

    private TensorHeaderLayout() {}
}
