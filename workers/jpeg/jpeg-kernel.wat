;; Decodes the scan of a baseline JPEG (ITU-T T.81) at a whole, a half, a quarter or an eighth of its size. Its assembled
;; form stands in jpeg-kernel.ts, which lays out the tables.
(module
  (memory (export "memory") 512)

  ;; The length of the code that the bits begin with and, above eight bits, its symbol; 0 where there is no such code.
  (func $codeOf (param $bits i64) (param $table i32) (result i32)
    (local $length i32) (local $code i32)
    (local.set $length (i32.load16_u offset=8192 (i32.add (local.get $table)
      (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 53))) (i32.const 1)))))
    (if (local.get $length) (then (return (local.get $length))))
    (local.set $length (i32.const 12))
    (local.set $code (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 48))))
    (loop $longer
      (if (i32.lt_u (local.get $code)
            (i32.load offset=12288 (i32.add (local.get $table) (i32.shl (local.get $length) (i32.const 2)))))
        (then (return (i32.or (local.get $length) (i32.shl
          (i32.load8_u offset=12448 (i32.add (local.get $table) (i32.and (i32.const 255) (i32.add
            (i32.shr_u (local.get $code) (i32.sub (i32.const 16) (local.get $length)))
            (i32.load offset=12368 (i32.add (local.get $table) (i32.shl (local.get $length) (i32.const 2))))))))
          (i32.const 8))))))
      (br_if $longer (i32.le_u (local.tee $length (i32.add (local.get $length) (i32.const 1))) (i32.const 16))))
    (i32.const 0))

  ;; The signed number that $length bits stand for, 1 or more.
  (func $extend (param $bits i64) (param $length i32) (result i32)
    (i32.add
      (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $length)))))
      (select (i32.const 0) (i32.sub (i32.const 1) (i32.shl (i32.const 1) (local.get $length)))
        (i64.lt_s (local.get $bits) (i64.const 0)))))

  ;; Takes each block to the next row of units.
  (func $toNextRow (param $block i32) (param $blocksEnd i32)
    (loop $next
      (i32.store (local.get $block) (i32.add (i32.load (local.get $block)) (i32.load offset=8 (local.get $block))))
      (br_if $next (i32.lt_u (local.tee $block (i32.add (local.get $block) (i32.const 40))) (local.get $blocksEnd)))))

  ;; Decodes $units coding units from words that `unstuff` left, each unit the blocks from $blocks to $blocksEnd. A block
  ;; is: where its samples go (i32), what that advances by a unit and, besides, by a row of units; the stride of its plane;
  ;; the DC and the AC table; the basis; where the last DC value is kept; its samples each way, 8, 4 or 2; the basis of the
  ;; second pass. $column: where the unit's number in its row is kept.
  ;; Returns the bits that were read, −1 where the data is not what a sound file has, such as samples far beyond 8 bits.
  (func (export "decode") (param $words i32) (param $units i32) (param $blocks i32) (param $blocksEnd i32)
      (param $column i32) (param $columns i32) (param $half i32) (result i32)
    (local $bits i64) (local $count i32) (local $start i32) (local $block i32) (local $ac i32) (local $entry i32)
    (local $k i32) (local $length i32) (local $symbol i32) (local $value i32) (local $basis i32) (local $at i32)
    (local $target i32) (local $stride i32) (local $number i32) (local $row i32) (local $factor v128) (local $sum v128)
    (local $right v128) (local $table i32) (local $below i32) (local $side i32) (local $peak v128) (local $none v128)
    (local.set $start (local.get $words))
    (local.set $number (i32.load (local.get $column)))
    (loop $unit
      (local.set $block (local.get $blocks))
      (loop $blockLoop
        (local.set $target (i32.load (local.get $block)))
        (local.set $stride (i32.load offset=12 (local.get $block)))
        (local.set $side (i32.load offset=32 (local.get $block)))
        (local.set $ac (i32.load offset=20 (local.get $block)))
        (local.set $basis (i32.load offset=24 (local.get $block)))
        (local.set $table (i32.load offset=16 (local.get $block)))
        (local.set $k (i32.const 0))

        ;; Each round reads one symbol: the DC's first, with the AC's fast table out of use for it.
        (block $blockDone
          (loop $coefficient
            (if (i32.le_s (local.get $count) (i32.const 32))
              (then
                (local.set $bits (i64.or (local.get $bits) (i64.shl
                  (i64.load32_u (local.get $words)) (i64.extend_i32_u (i32.sub (i32.const 32) (local.get $count))))))
                (local.set $words (i32.add (local.get $words) (i32.const 4)))
                (local.set $count (i32.add (local.get $count) (i32.const 32)))))
            (local.set $at (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 53))))
            (local.set $entry (i32.load (i32.add (local.get $table) (i32.shl (local.get $at) (i32.const 2)))))
            (if (local.get $entry)
              (then
                (local.set $length (i32.and (local.get $entry) (i32.const 255)))
                (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $length))))
                (local.set $count (i32.sub (local.get $count) (local.get $length)))
                (local.set $k (i32.add (local.get $k)
                  (i32.and (i32.shr_u (local.get $entry) (i32.const 8)) (i32.const 255))))
                (local.set $value (i32.shr_s (local.get $entry) (i32.const 16))))
              (else
                (local.set $symbol (call $codeOf (local.get $bits) (local.get $table)))
                (if (i32.eqz (local.get $symbol)) (then (return (i32.const -1))))
                (local.set $length (i32.and (local.get $symbol) (i32.const 255)))
                (local.set $symbol (i32.shr_u (local.get $symbol) (i32.const 8)))
                (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $length))))
                (local.set $count (i32.sub (local.get $count) (local.get $length)))
                (local.set $k (i32.add (local.get $k)
                  (if (result i32) (i32.eq (local.get $table) (local.get $ac))
                    (then (if (result i32) (local.get $symbol)
                      (then (i32.add (i32.shr_u (local.get $symbol) (i32.const 4)) (i32.const 1)))
                      (else (i32.const 128))))
                    (else (i32.const 0)))))
                (local.set $length (i32.and (local.get $symbol) (i32.const 15)))
                (local.set $value (i32.const 0))
                (if (local.get $length)
                  (then
                    (local.set $value (call $extend (local.get $bits) (local.get $length)))
                    (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $length))))
                    (local.set $count (i32.sub (local.get $count) (local.get $length)))))))

            (if (i32.ne (local.get $table) (local.get $ac))
              (then
                ;; The DC value, as a difference from the last. The level shift by 128 is part of the basis.
                (local.set $at (i32.load offset=28 (local.get $block)))
                (local.set $value (i32.add (local.get $value) (i32.load (local.get $at))))
                (i32.store (local.get $at) (local.get $value))
                (local.set $factor (f32x4.splat (f32.convert_i32_s (local.get $value))))
                (v128.store (local.get $half) (f32x4.add (v128.load offset=2048 (local.get $basis))
                  (f32x4.mul (local.get $factor) (v128.load (local.get $basis)))))
                (v128.store offset=16 (local.get $half) (f32x4.add (v128.load offset=2064 (local.get $basis))
                  (f32x4.mul (local.get $factor) (v128.load offset=16 (local.get $basis)))))
                (v128.store offset=32 (local.get $half) (local.get $none))
                (v128.store offset=48 (local.get $half) (local.get $none))
                (v128.store offset=64 (local.get $half) (local.get $none))
                (v128.store offset=80 (local.get $half) (local.get $none))
                (v128.store offset=96 (local.get $half) (local.get $none))
                (v128.store offset=112 (local.get $half) (local.get $none))
                (v128.store offset=128 (local.get $half) (local.get $none))
                (v128.store offset=144 (local.get $half) (local.get $none))
                (v128.store offset=160 (local.get $half) (local.get $none))
                (v128.store offset=176 (local.get $half) (local.get $none))
                (v128.store offset=192 (local.get $half) (local.get $none))
                (v128.store offset=208 (local.get $half) (local.get $none))
                (v128.store offset=224 (local.get $half) (local.get $none))
                (v128.store offset=240 (local.get $half) (local.get $none))
                (local.set $table (local.get $ac))
                (br $coefficient)))

            (if (i32.gt_u (local.get $k) (i32.const 63))
              (then
                (if (i32.lt_u (local.get $k) (i32.const 128)) (then (return (i32.const -1))))
                (br $blockDone)))
            (local.set $factor (f32x4.splat (f32.convert_i32_s (local.get $value))))
            (local.set $at (i32.add (local.get $basis) (i32.shl (local.get $k) (i32.const 5))))
            (local.set $below (i32.load offset=2080
              (i32.add (local.get $basis) (i32.shl (local.get $k) (i32.const 2)))))
            (v128.store (local.get $below) (f32x4.add (v128.load (local.get $below))
              (f32x4.mul (local.get $factor) (v128.load (local.get $at)))))
            (if (i32.eq (local.get $side) (i32.const 8))
              (then
                (v128.store offset=16 (local.get $below) (f32x4.add (v128.load offset=16 (local.get $below))
                  (f32x4.mul (local.get $factor) (v128.load offset=16 (local.get $at)))))))
            (br_if $coefficient (i32.lt_u (local.get $k) (i32.const 63)))))

        ;; The second pass: each row of samples is a sum of the eight rows of $half.
        (local.set $row (i32.load offset=36 (local.get $block)))
        (local.set $at (i32.add (local.get $row) (i32.shl (local.get $side) (i32.const 5))))
        (loop $line
          (local.set $sum (f32x4.add
            (f32x4.add
              (f32x4.add
                (f32x4.mul (v128.load (local.get $half)) (v128.load32_splat (local.get $row)))
                (f32x4.mul (v128.load offset=32 (local.get $half)) (v128.load32_splat offset=4 (local.get $row))))
              (f32x4.add
                (f32x4.mul (v128.load offset=64 (local.get $half)) (v128.load32_splat offset=8 (local.get $row)))
                (f32x4.mul (v128.load offset=96 (local.get $half)) (v128.load32_splat offset=12 (local.get $row)))))
            (f32x4.add
              (f32x4.add
                (f32x4.mul (v128.load offset=128 (local.get $half)) (v128.load32_splat offset=16 (local.get $row)))
                (f32x4.mul (v128.load offset=160 (local.get $half)) (v128.load32_splat offset=20 (local.get $row))))
              (f32x4.add
                (f32x4.mul (v128.load offset=192 (local.get $half)) (v128.load32_splat offset=24 (local.get $row)))
                (f32x4.mul (v128.load offset=224 (local.get $half)) (v128.load32_splat offset=28 (local.get $row)))))))
          (local.set $sum (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $sum))))
          (if (i32.eq (local.get $side) (i32.const 8))
            (then
              (local.set $right (f32x4.add
                (f32x4.add
                  (f32x4.add
                    (f32x4.mul (v128.load offset=16 (local.get $half)) (v128.load32_splat (local.get $row)))
                    (f32x4.mul (v128.load offset=48 (local.get $half)) (v128.load32_splat offset=4 (local.get $row))))
                  (f32x4.add
                    (f32x4.mul (v128.load offset=80 (local.get $half)) (v128.load32_splat offset=8 (local.get $row)))
                    (f32x4.mul (v128.load offset=112 (local.get $half)) (v128.load32_splat offset=12 (local.get $row)))))
                (f32x4.add
                  (f32x4.add
                    (f32x4.mul (v128.load offset=144 (local.get $half)) (v128.load32_splat offset=16 (local.get $row)))
                    (f32x4.mul (v128.load offset=176 (local.get $half)) (v128.load32_splat offset=20 (local.get $row))))
                  (f32x4.add
                    (f32x4.mul (v128.load offset=208 (local.get $half)) (v128.load32_splat offset=24 (local.get $row)))
                    (f32x4.mul
                      (v128.load offset=240 (local.get $half)) (v128.load32_splat offset=28 (local.get $row)))))))
              (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum)
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $right)))))
              (local.set $peak (i16x8.max_s (local.get $peak) (i16x8.abs (local.get $sum))))
              (v128.store64_lane 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum))))
            (else
              (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
              (local.set $peak (i16x8.max_s (local.get $peak) (i16x8.abs (local.get $sum))))
              (local.set $sum (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
              (if (i32.eq (local.get $side) (i32.const 4))
                (then (v128.store32_lane 0 (local.get $target) (local.get $sum)))
                (else (v128.store16_lane 0 (local.get $target) (local.get $sum))))))
          (local.set $target (i32.add (local.get $target) (local.get $stride)))
          (br_if $line (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 32))) (local.get $at))))

        (i32.store (local.get $block) (i32.add (i32.load (local.get $block)) (i32.load offset=4 (local.get $block))))
        (br_if $blockLoop (i32.lt_u
          (local.tee $block (i32.add (local.get $block) (i32.const 40))) (local.get $blocksEnd))))

      (if (i32.eq (local.tee $number (i32.add (local.get $number) (i32.const 1))) (local.get $columns))
        (then
          (local.set $number (i32.const 0))
          (call $toNextRow (local.get $blocks) (local.get $blocksEnd))))
      (br_if $unit (local.tee $units (i32.sub (local.get $units) (i32.const 1)))))
    (if (v128.any_true (i16x8.gt_s (local.get $peak) (i16x8.splat (i32.const 1024)))) (then (return (i32.const -1))))
    (i32.store (local.get $column) (local.get $number))
    (i32.sub (i32.shl (i32.sub (local.get $words) (local.get $start)) (i32.const 3)) (local.get $count)))

  ;; What `decode` does for blocks of one sample, which is all in the DC value: AC coefficients are only counted. $skips:
  ;; what lies that far behind an AC table gives, for the next 11 bits, the length of all whole coefficients in them and
  ;; what these advance by together; beyond the block's end it is of no use, since they are another block's.
  (func (export "decodeMeans") (param $words i32) (param $units i32) (param $blocks i32) (param $blocksEnd i32)
      (param $column i32) (param $columns i32) (param $rows i32) (result i32)
    (local $bits i64) (local $count i32) (local $start i32) (local $block i32) (local $ac i32) (local $entry i32)
    (local $k i32) (local $next i32) (local $value i32) (local $at i32) (local $number i32) (local $skips i32)
    (local $mean v128) (local $peak v128)
    (local.set $start (local.get $words))
    (local.set $number (i32.load (local.get $column)))
    (loop $unit
      (local.set $block (local.get $blocks))
      (loop $blockLoop
        (if (i32.le_s (local.get $count) (i32.const 32))
          (then
            (local.set $bits (i64.or (local.get $bits) (i64.shl
              (i64.load32_u (local.get $words)) (i64.extend_i32_u (i32.sub (i32.const 32) (local.get $count))))))
            (local.set $words (i32.add (local.get $words) (i32.const 4)))
            (local.set $count (i32.add (local.get $count) (i32.const 32)))))
        (local.set $entry (call $codeOf (local.get $bits) (i32.load offset=16 (local.get $block))))
        (if (i32.eqz (local.get $entry)) (then (return (i32.const -1))))
        (local.set $at (i32.and (local.get $entry) (i32.const 255)))
        (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $at))))
        (local.set $count (i32.sub (local.get $count) (local.get $at)))
        (local.set $at (i32.load offset=28 (local.get $block)))
        (local.set $value (i32.load (local.get $at)))
        (local.set $entry (i32.and (i32.shr_u (local.get $entry) (i32.const 8)) (i32.const 15)))
        (if (local.get $entry)
          (then
            (local.set $value (i32.add (local.get $value) (call $extend (local.get $bits) (local.get $entry))))
            (i32.store (local.get $at) (local.get $value))
            (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $entry))))
            (local.set $count (i32.sub (local.get $count) (local.get $entry)))))
        ;; Narrowing twice clamps.
        (local.set $at (i32.load offset=24 (local.get $block)))
        (local.set $mean (f32x4.mul
          (f32x4.splat (f32.load (local.get $rows)))
          (f32x4.splat (f32.add (f32.load offset=2048 (local.get $at))
            (f32.mul (f32.load (local.get $at)) (f32.convert_i32_s (local.get $value)))))))
        (local.set $peak (f32x4.max (local.get $peak) (f32x4.abs (local.get $mean))))
        (v128.store8_lane 0 (i32.load (local.get $block)) (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $mean))) (v128.const i64x2 0 0))
          (v128.const i64x2 0 0)))

        (local.set $ac (i32.load offset=20 (local.get $block)))
        (local.set $skips (i32.load offset=12704 (local.get $ac)))
        (local.set $k (i32.const 0))
        (loop $coefficient
          (if (i32.le_s (local.get $count) (i32.const 32))
            (then
              (local.set $bits (i64.or (local.get $bits) (i64.shl
                (i64.load32_u (local.get $words)) (i64.extend_i32_u (i32.sub (i32.const 32) (local.get $count))))))
              (local.set $words (i32.add (local.get $words) (i32.const 4)))
              (local.set $count (i32.add (local.get $count) (i32.const 32)))))
          (local.set $at (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 53))) (i32.const 2)))
          (local.set $entry (i32.load (i32.add (local.get $skips) (local.get $at))))
          (local.set $next (i32.add (local.get $k) (i32.shr_u (local.get $entry) (i32.const 8))))
          (if (i32.or (i32.eqz (local.get $entry)) (i32.gt_u (i32.and (local.get $next) (i32.const 511)) (i32.const 63)))
            (then
              (local.set $entry (i32.load (i32.add (local.get $ac) (local.get $at))))
              (if (local.get $entry)
                (then (local.set $next (i32.add (local.get $k)
                  (i32.and (i32.shr_u (local.get $entry) (i32.const 8)) (i32.const 255)))))
                (else
                  (local.set $entry (call $codeOf (local.get $bits) (local.get $ac)))
                  (if (i32.eqz (local.get $entry)) (then (return (i32.const -1))))
                  (local.set $at (i32.shr_u (local.get $entry) (i32.const 8)))
                  (local.set $next (i32.add (local.get $k) (select
                    (i32.add (i32.shr_u (local.get $at) (i32.const 4)) (i32.const 1))
                    (i32.const 128)
                    (local.get $at))))
                  (local.set $entry (i32.add (local.get $entry) (i32.and (local.get $at) (i32.const 15))))))
              (if (i32.eq (i32.shr_u (local.get $next) (i32.const 6)) (i32.const 1)) (then (return (i32.const -1))))))
          (local.set $entry (i32.and (local.get $entry) (i32.const 255)))
          (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $entry))))
          (local.set $count (i32.sub (local.get $count) (local.get $entry)))
          (br_if $coefficient (i32.lt_u (local.tee $k (local.get $next)) (i32.const 63))))

        (i32.store (local.get $block) (i32.add (i32.load (local.get $block)) (i32.load offset=4 (local.get $block))))
        (br_if $blockLoop (i32.lt_u
          (local.tee $block (i32.add (local.get $block) (i32.const 40))) (local.get $blocksEnd))))

      (if (i32.eq (local.tee $number (i32.add (local.get $number) (i32.const 1))) (local.get $columns))
        (then
          (local.set $number (i32.const 0))
          (call $toNextRow (local.get $blocks) (local.get $blocksEnd))))
      (br_if $unit (local.tee $units (i32.sub (local.get $units) (i32.const 1)))))
    (if (v128.any_true (f32x4.gt (local.get $peak) (f32x4.splat (f32.const 1024)))) (then (return (i32.const -1))))
    (i32.store (local.get $column) (local.get $number))
    (i32.sub (i32.shl (i32.sub (local.get $words) (local.get $start)) (i32.const 3)) (local.get $count))))
