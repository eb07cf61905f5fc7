/*
 * Copyright 2026 The TensorPool authors.
 *
 * Licensed under the Apache License, Version 2.0; see the file LICENSE.
 *
 * tensor_pool_layouts.h - what lies in the shared memory of a tensor pool, layout version 1.
 *
 * Two kinds of files exist for one epoch of a stream: a header ring, and one or more payload pools.
 *
 *   header ring                                payload pool
 *   +------------------------+ 0               +------------------------+ 0
 *   | superblock,  64 bytes  |                 | superblock,  64 bytes  |
 *   +------------------------+ 64              +------------------------+ 64
 *   | slot 0,     256 bytes  |                 | payload 0, strideBytes |
 *   +------------------------+ 320             +------------------------+ 64 + strideBytes
 *   | slot 1,     256 bytes  |                 | payload 1, strideBytes |
 *   +------------------------+ 576             +------------------------+ 64 + 2 * strideBytes
 *   | ...         nslots     |                 | ...        nslots      |
 *   +------------------------+                 +------------------------+
 *
 * A frame with sequence number seq occupies slot (seq & (nslots - 1)) of the ring and the payload of the same index in
 * one of the pools. All values are little-endian. Members keep the names of the SBE schema (schemas/wire-schema.xml);
 * several of them are not naturally aligned, so every structure is packed. Mappings begin on a page, therefore a
 * superblock or a slot begins on a multiple of 64 and its first member may be accessed atomically.
 *
 * Usable from C11 and from C++11 on; tested with GCC, and written for Clang as well.
 */
#ifndef TENSOR_POOL_LAYOUTS_H
#define TENSOR_POOL_LAYOUTS_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor pool regions are little-endian; map them on a little-endian machine only"
#endif

#ifdef __cplusplus
#define TENSORPOOL_STATIC_ASSERT(condition, message) static_assert(condition, message)
#define TENSORPOOL_ALIGNED_8 alignas(8)
#else
#define TENSORPOOL_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#define TENSORPOOL_ALIGNED_8 _Alignas(8)
#endif

#define TENSORPOOL_ASSERT_SIZE(type, bytes) \
    TENSORPOOL_STATIC_ASSERT(sizeof(type) == (bytes), #type " is " #bytes " bytes")
#define TENSORPOOL_ASSERT_OFFSET(type, member, at) \
    TENSORPOOL_STATIC_ASSERT(offsetof(type, member) == (at), #type "." #member " lies at " #at)

/* ---- Constants -------------------------------------------------------------------------------------------------- */

/* First eight bytes of every region, compared as one number (never as text: the file holds it little-endian). */
#define TENSORPOOL_MAGIC UINT64_C(0x544F504C53484D31)
#define TENSORPOOL_LAYOUT_VERSION UINT32_C(1)

#define TENSORPOOL_SUPERBLOCK_BYTES 64
#define TENSORPOOL_SLOT_BYTES 256
#define TENSORPOOL_SLOT_HEADER_BYTES 60           /* without the length word behind it */
#define TENSORPOOL_SLOT_HEADER_LENGTH_OFFSET 60   /* where that length word lies */
#define TENSORPOOL_HEADER_BYTES_LENGTH 192        /* what it must hold: message header and tensor header */
#define TENSORPOOL_TENSOR_HEADER_OFFSET 64        /* of the embedded message header in its slot */
#define TENSORPOOL_MESSAGE_HEADER_BYTES 8
#define TENSORPOOL_TENSOR_HEADER_BODY_BYTES 184
#define TENSORPOOL_MAX_DIMS 8
#define TENSORPOOL_STRIDE_ALIGNMENT_BYTES 64      /* strideBytes of a pool is a positive multiple of it */

/* The only embedded message header that layout version 1 knows. */
#define TENSORPOOL_TENSOR_HEADER_BLOCK_LENGTH 184
#define TENSORPOOL_TENSOR_HEADER_TEMPLATE_ID 52
#define TENSORPOOL_WIRE_SCHEMA_ID 900
#define TENSORPOOL_WIRE_SCHEMA_VERSION 1

/* Superblock fields that do not apply: a ring has no stride, a pool has no slots of fixed size. */
#define TENSORPOOL_HEADER_RING_STRIDE_BYTES UINT32_C(0)
#define TENSORPOOL_HEADER_RING_POOL_ID UINT16_C(0)
#define TENSORPOOL_PAYLOAD_POOL_SLOT_BYTES UINT32_C(0xFFFFFFFF)

/* Values of regionType (int16). */
enum
{
    TENSORPOOL_REGION_TYPE_HEADER_RING = 1,
    TENSORPOOL_REGION_TYPE_PAYLOAD_POOL = 2
};

/* Values of dtype (int16). 12 is unassigned. BOOLEAN, BYTES and BIT count one byte per element. */
enum
{
    TENSORPOOL_DTYPE_UNKNOWN = 0,
    TENSORPOOL_DTYPE_UINT8 = 1,
    TENSORPOOL_DTYPE_INT8 = 2,
    TENSORPOOL_DTYPE_UINT16 = 3,
    TENSORPOOL_DTYPE_INT16 = 4,
    TENSORPOOL_DTYPE_UINT32 = 5,
    TENSORPOOL_DTYPE_INT32 = 6,
    TENSORPOOL_DTYPE_UINT64 = 7,
    TENSORPOOL_DTYPE_INT64 = 8,
    TENSORPOOL_DTYPE_FLOAT32 = 9,
    TENSORPOOL_DTYPE_FLOAT64 = 10,
    TENSORPOOL_DTYPE_BOOLEAN = 11,
    TENSORPOOL_DTYPE_BYTES = 13,
    TENSORPOOL_DTYPE_BIT = 14
};

/* Values of majorOrder (int16). */
enum
{
    TENSORPOOL_MAJOR_ORDER_UNKNOWN = 0,
    TENSORPOOL_MAJOR_ORDER_ROW = 1,
    TENSORPOOL_MAJOR_ORDER_COLUMN = 2
};

/* Values of progressUnit (uint8). */
enum
{
    TENSORPOOL_PROGRESS_UNIT_NONE = 0,
    TENSORPOOL_PROGRESS_UNIT_ROWS = 1,
    TENSORPOOL_PROGRESS_UNIT_COLUMNS = 2
};

/* ---- Where a frame lies: 64-bit arithmetic throughout, a pool may exceed 4 GiB -------------------------------------- */

#define TENSORPOOL_SLOT_INDEX(seq, nslots) ((uint64_t)(seq) & ((uint64_t)(nslots) - 1))
#define TENSORPOOL_SLOT_OFFSET(index) \
    ((uint64_t)TENSORPOOL_SUPERBLOCK_BYTES + (uint64_t)(index) * (uint64_t)TENSORPOOL_SLOT_BYTES)
#define TENSORPOOL_PAYLOAD_OFFSET(index, strideBytes) \
    ((uint64_t)TENSORPOOL_SUPERBLOCK_BYTES + (uint64_t)(index) * (uint64_t)(strideBytes))
#define TENSORPOOL_HEADER_RING_FILE_BYTES(nslots) TENSORPOOL_SLOT_OFFSET(nslots)
#define TENSORPOOL_PAYLOAD_POOL_FILE_BYTES(nslots, strideBytes) TENSORPOOL_PAYLOAD_OFFSET(nslots, strideBytes)

/* ---- The commit word: bit 0 tells committed from in progress, the bits above it are the sequence number ------------- */

#define TENSORPOOL_SEQ_IN_PROGRESS(seq) ((uint64_t)(seq) << 1)
#define TENSORPOOL_SEQ_COMMITTED(seq) (((uint64_t)(seq) << 1) | UINT64_C(1))
#define TENSORPOOL_SEQ_OF(seqCommit) ((uint64_t)(seqCommit) >> 1)
#define TENSORPOOL_IS_COMMITTED(seqCommit) (((uint64_t)(seqCommit) & UINT64_C(1)) != 0)

#pragma pack(push, 1)

/*
 * ShmRegionSuperblock (template 50), at offset 0 of every region; no message header before it.
 *
 *   0                   8           12                  20          24    26    28          32
 *   +-------------------+-----------+-------------------+-----------+-----+-----+-----------+
 *   |    magic (u64)    |layoutVers.|    epoch (u64)    | streamId  |type |pool |  nslots   |
 *   +-------------------+-----------+-------------------+-----------+-----+-----+-----------+
 *   32          36          40                  48                  56                     64
 *   +-----------+-----------+-------------------+-------------------+-----------------------+
 *   | slotBytes |strideBytes|     pid (u64)     | startTimestampNs  |  activityTimestampNs  |
 *   +-----------+-----------+-------------------+-------------------+-----------------------+
 *
 * epoch is not aligned. Everything is fixed once the region is announced, except activityTimestampNs.
 */
typedef struct
{
    TENSORPOOL_ALIGNED_8 uint64_t magic; /* TENSORPOOL_MAGIC */
    uint32_t layoutVersion;              /* TENSORPOOL_LAYOUT_VERSION */
    uint64_t epoch;                      /* grows with every new set of regions of the stream */
    uint32_t streamId;
    int16_t regionType;                  /* TENSORPOOL_REGION_TYPE_... */
    uint16_t poolId;                     /* 0 in a header ring */
    uint32_t nslots;                     /* a power of two, the same in the ring and all its pools */
    uint32_t slotBytes;                  /* 256 in a ring, 0xFFFFFFFF in a pool */
    uint32_t strideBytes;                /* 0 in a ring, a multiple of 64 in a pool */
    uint64_t pid;                        /* process that created the region */
    uint64_t startTimestampNs;           /* when it did, CLOCK_MONOTONIC */
    uint64_t activityTimestampNs;        /* last sign of life, CLOCK_MONOTONIC */
} tensorpool_superblock_t;

/*
 * SlotHeader (template 51): the first 64 bytes of a header slot; no message header before it.
 *
 *   0                   8           12          16    18          22                  30          34
 *   +-------------------+-----------+-----------+-----+-----------+-------------------+-----------+
 *   |  seqCommit (u64)  | valuesLen |payloadSlot| pool|payloadOffs|    timestampNs    |metaVersion|
 *   +-------------------+-----------+-----------+-----+-----------+-------------------+-----------+
 *   34                                                                   60                      64
 *   +--------------------------------------------------------------------+-----------------------+
 *   |                          pad (26 bytes)                            | headerBytesLength=192 |
 *   +--------------------------------------------------------------------+-----------------------+
 *
 * seqCommit is the one atomic member: mark it in progress, fence, write, commit it with release (see docs/protocol.md).
 * payloadOffset, timestampNs and metaVersion are not aligned.
 */
typedef struct
{
    TENSORPOOL_ALIGNED_8 uint64_t seqCommit;
    uint32_t valuesLenBytes;    /* bytes of payload, 0 up to the stride of the pool */
    uint32_t payloadSlot;       /* equals the index of this slot */
    uint16_t poolId;            /* pool that holds the payload */
    uint32_t payloadOffset;     /* 0 */
    uint64_t timestampNs;       /* capture time */
    uint32_t metaVersion;       /* metadata that describes this frame */
    uint8_t pad[26];            /* ignored by readers */
    uint32_t headerBytesLength; /* TENSORPOOL_HEADER_BYTES_LENGTH */
} tensorpool_slot_header_t;

/*
 * TensorHeader (template 52) behind its SBE message header: the last 192 bytes of a header slot.
 * Left: offset in this structure; right: offset in the slot.
 *
 *     0  +-------------+-------------+-------------+-------------+  64
 *        | blockLength | templateId  |  schemaId   |   version   |
 *     8  +-------------+-------------+------+------+------+------+  72
 *        |    dtype    | majorOrder  |ndims |padAl.| unit |
 *    15  +-------------+-------------+------+------+------+         79
 *        |    progressStrideBytes    |
 *    19  +---------------------------+-------------------+          83
 *        |                 dims, 8 x int32               |
 *    51  +-----------------------------------------------+         115
 *        |               strides, 8 x int32              |
 *    83  +-----------------------------------------------+         147
 *        |                pad, 109 bytes                 |
 *   192  +-----------------------------------------------+         256
 *
 * progressStrideBytes, dims and strides are not aligned.
 */
typedef struct
{
    uint16_t blockLength;                 /* 184 */
    uint16_t templateId;                  /* 52 */
    uint16_t schemaId;                    /* 900 */
    uint16_t version;                     /* 1 */
    int16_t dtype;                        /* TENSORPOOL_DTYPE_... */
    int16_t majorOrder;                   /* TENSORPOOL_MAJOR_ORDER_... */
    uint8_t ndims;                        /* 1 to 8 */
    uint8_t padAlign;
    uint8_t progressUnit;                 /* TENSORPOOL_PROGRESS_UNIT_... */
    uint32_t progressStrideBytes;         /* bytes from one row or column to the next; 0 without a unit */
    int32_t dims[TENSORPOOL_MAX_DIMS];    /* extents; 0 from ndims on */
    int32_t strides[TENSORPOOL_MAX_DIMS]; /* bytes; 0 means contiguous; 0 from ndims on */
    uint8_t pad[109];                     /* ignored by readers */
} tensorpool_tensor_header_t;

/*
 * A whole header slot.
 *
 *   0                          64                                                  256
 *   +--------------------------+---------------------------------------------------+
 *   |  slotHeader (60 + 4)     |  tensorHeader (8 + 184)                           |
 *   +--------------------------+---------------------------------------------------+
 */
typedef struct
{
    tensorpool_slot_header_t slotHeader;
    tensorpool_tensor_header_t tensorHeader;
} tensorpool_slot_t;

#pragma pack(pop)

/* ---- What the compiler must confirm --------------------------------------------------------------------------------- */

TENSORPOOL_ASSERT_SIZE(tensorpool_superblock_t, 64);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, magic, 0);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, layoutVersion, 8);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, epoch, 12);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, streamId, 20);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, regionType, 24);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, poolId, 26);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, nslots, 28);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, slotBytes, 32);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, strideBytes, 36);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, pid, 40);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, startTimestampNs, 48);
TENSORPOOL_ASSERT_OFFSET(tensorpool_superblock_t, activityTimestampNs, 56);

TENSORPOOL_ASSERT_SIZE(tensorpool_slot_header_t, 64);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, seqCommit, 0);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, valuesLenBytes, 8);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, payloadSlot, 12);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, poolId, 16);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, payloadOffset, 18);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, timestampNs, 22);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, metaVersion, 30);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, pad, 34);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_header_t, headerBytesLength, 60);
TENSORPOOL_STATIC_ASSERT(
    offsetof(tensorpool_slot_header_t, headerBytesLength) == TENSORPOOL_SLOT_HEADER_BYTES,
    "the length word follows the 60 bytes of the slot header");

TENSORPOOL_ASSERT_SIZE(tensorpool_tensor_header_t, 192);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, blockLength, 0);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, templateId, 2);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, schemaId, 4);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, version, 6);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, dtype, 8);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, majorOrder, 10);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, ndims, 12);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, padAlign, 13);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, progressUnit, 14);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, progressStrideBytes, 15);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, dims, 19);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, strides, 51);
TENSORPOOL_ASSERT_OFFSET(tensorpool_tensor_header_t, pad, 83);
TENSORPOOL_STATIC_ASSERT(
    sizeof(tensorpool_tensor_header_t) ==
        TENSORPOOL_MESSAGE_HEADER_BYTES + TENSORPOOL_TENSOR_HEADER_BODY_BYTES,
    "the tensor header is its message header and its body");
TENSORPOOL_STATIC_ASSERT(
    sizeof(tensorpool_tensor_header_t) == TENSORPOOL_HEADER_BYTES_LENGTH,
    "the length word counts the whole tensor header");

TENSORPOOL_ASSERT_SIZE(tensorpool_slot_t, 256);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_t, slotHeader, 0);
TENSORPOOL_ASSERT_OFFSET(tensorpool_slot_t, tensorHeader, 64);
TENSORPOOL_STATIC_ASSERT(
    sizeof(tensorpool_slot_t) == TENSORPOOL_SLOT_BYTES, "slots are 256 bytes apart");
TENSORPOOL_STATIC_ASSERT(
    TENSORPOOL_PAYLOAD_OFFSET(UINT32_C(0xFFFF), UINT32_C(0x10000000)) > UINT64_C(0xFFFFFFFF),
    "payload offsets do not wrap at 4 GiB");

#endif /* TENSOR_POOL_LAYOUTS_H */
