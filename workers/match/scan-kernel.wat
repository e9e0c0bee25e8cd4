;; Scans blocks of fingerprints for candidates. Its assembled form stands in scan-kernel.ts.
;;
;; Sixteen fingerprints make a group, and a group is stored by columns: the first byte of all sixteen, then the second,
;; and so on, so that one vector operation does sixteen fingerprints and nothing is ever summed across a vector.
(module
  (import "env" "memory" (memory 1 65536 shared))

  ;; Bits that differ between eight columns of a group and eight of the query, for each of the sixteen.
  (func $differences (param $columns i32) (param $query i32) (result v128)
    (local $sum v128) (local $end i32)
    (local.set $end (i32.add (local.get $columns) (i32.const 128)))
    (loop $column
      (local.set $sum (i8x16.add (local.get $sum) (i8x16.popcnt
        (v128.xor (v128.load (local.get $columns)) (v128.load (local.get $query))))))
      (local.set $query (i32.add (local.get $query) (i32.const 16)))
      (br_if $column (i32.lt_u
        (local.tee $columns (i32.add (local.get $columns) (i32.const 16))) (local.get $end))))
    (local.get $sum))

  ;; The same where a mirrored picture has the other bits: whichever of both is nearer.
  (func $mirrored (param $differences v128) (result v128)
    (i8x16.min_u (local.get $differences)
      (i8x16.sub (v128.const i8x16 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64) (local.get $differences))))

  ;; Writes the numbers (u16) of the hashes that may lie within $radius of the query in one of its eight orientations,
  ;; and within $frontRadius as far as the first half of their bits tells.
  ;; $front: groups of 16 columns (bits that no mirroring changes, then those that a horizontal one does);
  ;; $back: as many groups of 16 columns, the bits that a vertical one changes, then those that both do;
  ;; $query: 32 columns of the query, then 32 of the transposed query, each spread over a vector.
  ;; Returns how many it wrote.
  (func (export "near") (param $front i32) (param $back i32) (param $groups i32) (param $query i32)
      (param $frontRadius i32) (param $radius i32) (param $found i32) (result i32)
    (local $limit v128) (local $frontLimit v128) (local $upright v128) (local $transposed v128) (local $column v128)
    (local $uprightMirrored v128) (local $transposedMirrored v128) (local $half v128) (local $whole v128)
    (local $number i32) (local $start i32) (local $end i32)
    (local.set $half (i8x16.splat (i32.const 32)))
    (local.set $whole (i8x16.splat (i32.const 64)))
    (local.set $limit (i8x16.splat (local.get $radius)))
    (local.set $frontLimit (i8x16.splat (local.get $frontRadius)))
    (local.set $start (local.get $found))
    (local.set $end (i32.shl (local.get $groups) (i32.const 4)))
    (block $done
      (loop $group
        (br_if $done (i32.ge_u (local.get $number) (local.get $end)))
        (local.set $column (v128.load (local.get $front)))
        (local.set $upright
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load (local.get $query)))))
        (local.set $transposed
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=512 (local.get $query)))))
        (local.set $column (v128.load offset=16 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=16 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=528 (local.get $query))))))
        (local.set $column (v128.load offset=32 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=32 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=544 (local.get $query))))))
        (local.set $column (v128.load offset=48 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=48 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=560 (local.get $query))))))
        (local.set $column (v128.load offset=64 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=64 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=576 (local.get $query))))))
        (local.set $column (v128.load offset=80 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=80 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=592 (local.get $query))))))
        (local.set $column (v128.load offset=96 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=96 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=608 (local.get $query))))))
        (local.set $column (v128.load offset=112 (local.get $front)))
        (local.set $upright (i8x16.add (local.get $upright)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=112 (local.get $query))))))
        (local.set $transposed (i8x16.add (local.get $transposed)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=624 (local.get $query))))))
        (local.set $column (v128.load offset=128 (local.get $front)))
        (local.set $uprightMirrored
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=128 (local.get $query)))))
        (local.set $transposedMirrored
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=640 (local.get $query)))))
        (local.set $column (v128.load offset=144 (local.get $front)))
        (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=144 (local.get $query))))))
        (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=656 (local.get $query))))))
        (local.set $column (v128.load offset=160 (local.get $front)))
        (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=160 (local.get $query))))))
        (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=672 (local.get $query))))))
        (local.set $column (v128.load offset=176 (local.get $front)))
        (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=176 (local.get $query))))))
        (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
          (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=688 (local.get $query))))))
        ;; Half of the bits that mirroring inverts already say how far the two are apart at least.
        (if (v128.any_true (i8x16.le_u
              (i8x16.min_u
                (i8x16.add (local.get $upright) (i8x16.min_u (local.get $uprightMirrored)
                  (i8x16.sub (local.get $half) (local.get $uprightMirrored))))
                (i8x16.add (local.get $transposed) (i8x16.min_u (local.get $transposedMirrored)
                  (i8x16.sub (local.get $half) (local.get $transposedMirrored)))))
              (local.get $frontLimit)))
          (then
            (local.set $column (v128.load offset=192 (local.get $front)))
            (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=192 (local.get $query))))))
            (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=704 (local.get $query))))))
            (local.set $column (v128.load offset=208 (local.get $front)))
            (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=208 (local.get $query))))))
            (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=720 (local.get $query))))))
            (local.set $column (v128.load offset=224 (local.get $front)))
            (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=224 (local.get $query))))))
            (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=736 (local.get $query))))))
            (local.set $column (v128.load offset=240 (local.get $front)))
            (local.set $uprightMirrored (i8x16.add (local.get $uprightMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=240 (local.get $query))))))
            (local.set $transposedMirrored (i8x16.add (local.get $transposedMirrored)
              (i8x16.popcnt (v128.xor (local.get $column) (v128.load offset=752 (local.get $query))))))
            (local.set $upright (i8x16.add (local.get $upright) (i8x16.min_u (local.get $uprightMirrored)
              (i8x16.sub (local.get $whole) (local.get $uprightMirrored)))))
            (local.set $transposed (i8x16.add (local.get $transposed) (i8x16.min_u (local.get $transposedMirrored)
              (i8x16.sub (local.get $whole) (local.get $transposedMirrored)))))
            (if (v128.any_true (i8x16.le_u
                  (i8x16.min_u (local.get $upright) (local.get $transposed)) (local.get $frontLimit)))
              (then
                (local.set $upright (i8x16.add (local.get $upright) (i8x16.add
                  (call $mirrored (call $differences (local.get $back) (i32.add (local.get $query) (i32.const 256))))
                  (call $mirrored (call $differences
                    (i32.add (local.get $back) (i32.const 128)) (i32.add (local.get $query) (i32.const 384)))))))
                (local.set $transposed (i8x16.add (local.get $transposed) (i8x16.add
                  (call $mirrored (call $differences (local.get $back) (i32.add (local.get $query) (i32.const 768))))
                  (call $mirrored (call $differences
                    (i32.add (local.get $back) (i32.const 128)) (i32.add (local.get $query) (i32.const 896)))))))
                (local.set $found (call $write (local.get $found) (local.get $number) (i8x16.bitmask (i8x16.le_u
                  (i8x16.min_u (local.get $upright) (local.get $transposed)) (local.get $limit)))))))))
        (local.set $front (i32.add (local.get $front) (i32.const 256)))
        (local.set $back (i32.add (local.get $back) (i32.const 256)))
        (local.set $number (i32.add (local.get $number) (i32.const 16)))
        (br $group)))
    (i32.shr_u (i32.sub (local.get $found) (local.get $start)) (i32.const 1)))

  ;; Writes a number (u16) for each bit that is set in $mask, and returns where the next one goes.
  (func $write (param $found i32) (param $number i32) (param $mask i32) (result i32)
    (block $done
      (loop $bit
        (br_if $done (i32.eqz (local.get $mask)))
        (i32.store16 (local.get $found) (i32.add (local.get $number) (i32.ctz (local.get $mask))))
        (local.set $found (i32.add (local.get $found) (i32.const 2)))
        (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
        (br $bit)))
    (local.get $found))

  ;; Of the 64 lowest frequencies of sixteen hashes, the bits that differ from the query's in the best of four mirrorings.
  ;; $query: the columns of the query, or of the transposed query.
  (func $low (param $front i32) (param $back i32) (param $query i32) (result v128)
    (local $same v128) (local $across v128) (local $down v128) (local $both v128) (local $all v128)
    (local.set $same (call $pair (local.get $front) (local.get $query)))
    (local.set $across (call $pair
      (i32.add (local.get $front) (i32.const 128)) (i32.add (local.get $query) (i32.const 128))))
    (local.set $down (call $pair (local.get $back) (i32.add (local.get $query) (i32.const 256))))
    (local.set $both (call $pair
      (i32.add (local.get $back) (i32.const 128)) (i32.add (local.get $query) (i32.const 384))))
    (local.set $all (i8x16.add (i8x16.add (local.get $across) (local.get $down)) (local.get $both)))
    ;; A mirroring inverts two of the three kinds of bits, 16 each.
    (i8x16.add (local.get $same) (i8x16.min_s (local.get $all) (i8x16.add
      (i8x16.splat (i32.const 32))
      (i8x16.sub
        (i8x16.shl (i8x16.min_s (i8x16.min_s (local.get $across) (local.get $down)) (local.get $both)) (i32.const 1))
        (local.get $all))))))

  ;; Bits that differ between two columns of a group and two of the query.
  (func $pair (param $columns i32) (param $query i32) (result v128)
    (i8x16.add
      (i8x16.popcnt (v128.xor (v128.load (local.get $columns)) (v128.load (local.get $query))))
      (i8x16.popcnt (v128.xor (v128.load offset=16 (local.get $columns)) (v128.load offset=16 (local.get $query))))))

  ;; Products of columns of sixteen int8 and their factors, summed for the first eight and the second. Four columns a turn.
  ;; Sums wrap at 16 bits; none of two descriptors is beyond them in the end.
  (func $products (param $columns i32) (param $factors i32) (param $end i32) (result v128 v128)
    (local $first v128) (local $second v128) (local $factor v128)
    (loop $four
      (local.set $factor (v128.load (local.get $factors)))
      (local.set $first (i16x8.add (local.get $first)
        (i16x8.mul (v128.load8x8_s (local.get $columns)) (local.get $factor))))
      (local.set $second (i16x8.add (local.get $second)
        (i16x8.mul (v128.load8x8_s offset=8 (local.get $columns)) (local.get $factor))))
      (local.set $factor (v128.load offset=16 (local.get $factors)))
      (local.set $first (i16x8.add (local.get $first)
        (i16x8.mul (v128.load8x8_s offset=16 (local.get $columns)) (local.get $factor))))
      (local.set $second (i16x8.add (local.get $second)
        (i16x8.mul (v128.load8x8_s offset=24 (local.get $columns)) (local.get $factor))))
      (local.set $factor (v128.load offset=32 (local.get $factors)))
      (local.set $first (i16x8.add (local.get $first)
        (i16x8.mul (v128.load8x8_s offset=32 (local.get $columns)) (local.get $factor))))
      (local.set $second (i16x8.add (local.get $second)
        (i16x8.mul (v128.load8x8_s offset=40 (local.get $columns)) (local.get $factor))))
      (local.set $factor (v128.load offset=48 (local.get $factors)))
      (local.set $first (i16x8.add (local.get $first)
        (i16x8.mul (v128.load8x8_s offset=48 (local.get $columns)) (local.get $factor))))
      (local.set $second (i16x8.add (local.get $second)
        (i16x8.mul (v128.load8x8_s offset=56 (local.get $columns)) (local.get $factor))))
      (local.set $factors (i32.add (local.get $factors) (i32.const 64)))
      (br_if $four (i32.lt_u
        (local.tee $columns (i32.add (local.get $columns) (i32.const 64))) (local.get $end))))
    (local.get $first) (local.get $second))

  ;; Dot products, quartered, less 330 for each of the lowest bits that differ.
  (func $likeness (param $dots v128) (param $bits v128) (result v128)
    (i16x8.sub (i16x8.shr_s (local.get $dots) (i32.const 2)) (i16x8.mul (local.get $bits) (i16x8.splat (i32.const 330)))))

  ;; Writes number (u16) and likeness (i16, see $likeness) of the fingerprints that are alike: whose descriptor's dot product
  ;; with the query's, upright or transposed, is at least $least, and whose likeness is at least $leastLikeness.
  ;; $columns: groups of 64 columns of 16 int8, first 36 that transposing leaves alone, then 28 that it negates;
  ;; $factors: the query's for each column, int16 spread over a vector; after them room for 32 bytes.
  ;; $front, $back and $hash are as for near, $hash being its $query.
  (func (export "alike") (param $front i32) (param $back i32) (param $columns i32) (param $groups i32) (param $hash i32)
      (param $factors i32) (param $least i32) (param $leastLikeness i32) (param $found i32) (result i32)
    (local $limit v128) (local $likenessLimit v128) (local $first v128) (local $second v128)
    (local $firstNegated v128) (local $secondNegated v128) (local $bits v128) (local $low v128) (local $high v128)
    (local $number i32) (local $start i32) (local $end i32)
    (local.set $limit (i16x8.splat (local.get $least)))
    (local.set $likenessLimit (i16x8.splat (local.get $leastLikeness)))
    (local.set $start (local.get $found))
    (local.set $end (i32.shl (local.get $groups) (i32.const 4)))
    (block $done
      (loop $group
        (br_if $done (i32.ge_u (local.get $number) (local.get $end)))
        (call $products (local.get $columns) (local.get $factors) (i32.add (local.get $columns) (i32.const 576)))
        (local.set $second)
        (local.set $first)
        (call $products (i32.add (local.get $columns) (i32.const 576)) (i32.add (local.get $factors) (i32.const 576))
          (i32.add (local.get $columns) (i32.const 1024)))
        (local.set $secondNegated)
        (local.set $firstNegated)
        ;; Upright or transposed, whichever is more.
        (local.set $first (i16x8.add_sat_s (local.get $first) (i16x8.abs (local.get $firstNegated))))
        (local.set $second (i16x8.add_sat_s (local.get $second) (i16x8.abs (local.get $secondNegated))))
        (if (v128.any_true (i16x8.ge_s (i16x8.max_s (local.get $first) (local.get $second)) (local.get $limit)))
          (then
            (local.set $bits (i8x16.min_s
              (call $low (local.get $front) (local.get $back) (local.get $hash))
              (call $low (local.get $front) (local.get $back) (i32.add (local.get $hash) (i32.const 512)))))
            (local.set $low (call $likeness (local.get $first) (i16x8.extend_low_i8x16_s (local.get $bits))))
            (local.set $high (call $likeness (local.get $second) (i16x8.extend_high_i8x16_s (local.get $bits))))
            (v128.store offset=1024 (local.get $factors) (local.get $low))
            (v128.store offset=1040 (local.get $factors) (local.get $high))
            (local.set $found (call $writeAlike (local.get $found) (local.get $number) (local.get $factors)
              (i8x16.bitmask (i8x16.narrow_i16x8_s
                (v128.and
                  (i16x8.ge_s (local.get $first) (local.get $limit))
                  (i16x8.ge_s (local.get $low) (local.get $likenessLimit)))
                (v128.and
                  (i16x8.ge_s (local.get $second) (local.get $limit))
                  (i16x8.ge_s (local.get $high) (local.get $likenessLimit)))))))))
        (local.set $front (i32.add (local.get $front) (i32.const 256)))
        (local.set $back (i32.add (local.get $back) (i32.const 256)))
        (local.set $columns (i32.add (local.get $columns) (i32.const 1024)))
        (local.set $number (i32.add (local.get $number) (i32.const 16)))
        (br $group)))
    (i32.shr_u (i32.sub (local.get $found) (local.get $start)) (i32.const 2)))

  ;; Writes a number (u16) and its likeness, which lies behind $factors, for each bit that is set in $mask.
  (func $writeAlike (param $found i32) (param $number i32) (param $factors i32) (param $mask i32) (result i32)
    (local $bit i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $mask)))
        (local.set $bit (i32.ctz (local.get $mask)))
        (i32.store16 (local.get $found) (i32.add (local.get $number) (local.get $bit)))
        (i32.store16 offset=2 (local.get $found) (i32.load16_s offset=1024
          (i32.add (local.get $factors) (i32.shl (local.get $bit) (i32.const 1)))))
        (local.set $found (i32.add (local.get $found) (i32.const 4)))
        (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
        (br $next)))
    (local.get $found)))
