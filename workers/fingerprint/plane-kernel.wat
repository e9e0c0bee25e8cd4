;; Shrinks and transforms planes for hashing. Its assembled form stands in plane-kernel.ts.
;;
;; Sums go from the first term to the last, so that vectors make no difference to any bit of the result: they run across
;; rows or columns, never along a sum.
(module
  (memory (export "memory") 96)

  ;; Luma (BT.601) of four pixels. (299 r + 587 g + 114 b) / 1000 is the nearest 32-bit float to the weighted sum.
  (func $luma (param $rgb i32) (result v128)
    (local $bytes v128)
    (local.set $bytes (v128.load (local.get $rgb)))
    (f32x4.div
      (f32x4.convert_i32x4_s (i32x4.add
        (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 16 1 16 3 16 4 16 6 16 7 16 9 16 10 16 (local.get $bytes) (v128.const i64x2 0 0))
          (v128.const i16x8 299 587 299 587 299 587 299 587))
        (i32x4.dot_i16x8_s
          (i8x16.shuffle 2 16 16 16 5 16 16 16 8 16 16 16 11 16 16 16 (local.get $bytes) (v128.const i64x2 0 0))
          (v128.const i16x8 114 0 114 0 114 0 114 0))))
      (v128.const f32x4 1000 1000 1000 1000)))

  ;; Four bytes as 32-bit floats.
  (func $floats (param $bytes i32) (result v128)
    (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
      (v128.load32_zero (local.get $bytes))))))

  ;; Luma of $count pixels; writes up to three values more.
  (func (export "lumaOf") (param $rgb i32) (param $count i32) (param $target i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (v128.store (local.get $target) (call $luma (local.get $rgb)))
        (local.set $rgb (i32.add (local.get $rgb) (i32.const 12)))
        (local.set $target (i32.add (local.get $target) (i32.const 16)))
        (br $four))))

  ;; $count bytes as 32-bit floats; writes up to three values more.
  (func (export "floatsOf") (param $bytes i32) (param $count i32) (param $target i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (v128.store (local.get $target) (call $floats (local.get $bytes)))
        (local.set $bytes (i32.add (local.get $bytes) (i32.const 4)))
        (local.set $target (i32.add (local.get $target) (i32.const 16)))
        (br $four))))

  ;; Writes four values of four rows as four columns.
  (func $transpose (param $a v128) (param $b v128) (param $c v128) (param $d v128) (param $target i32)
    (local $ab v128) (local $cd v128)
    (local.set $ab (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
    (local.set $cd (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
    (v128.store (local.get $target)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
    (v128.store offset=16 (local.get $target)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
    (local.set $ab (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
    (local.set $cd (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
    (v128.store offset=32 (local.get $target)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
    (v128.store offset=48 (local.get $target)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd))))

  ;; Luma of four rows of $count RGB pixels, $stride bytes apart, by columns of four 32-bit floats. This and the next two
  ;; read and write up to three columns more.
  (func (export "lumaColumns") (param $rgb i32) (param $stride i32) (param $count i32) (param $target i32)
    (local $second i32) (local $third i32) (local $end i32)
    (local.set $second (i32.shl (local.get $stride) (i32.const 1)))
    (local.set $third (i32.add (local.get $second) (local.get $stride)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 4))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (call $transpose
          (call $luma (local.get $rgb))
          (call $luma (i32.add (local.get $rgb) (local.get $stride)))
          (call $luma (i32.add (local.get $rgb) (local.get $second)))
          (call $luma (i32.add (local.get $rgb) (local.get $third)))
          (local.get $target))
        (local.set $rgb (i32.add (local.get $rgb) (i32.const 12)))
        (local.set $target (i32.add (local.get $target) (i32.const 64)))
        (br $four))))

  ;; The same of rows of bytes.
  (func (export "byteColumns") (param $bytes i32) (param $stride i32) (param $count i32) (param $target i32)
    (local $second i32) (local $third i32) (local $end i32)
    (local.set $second (i32.shl (local.get $stride) (i32.const 1)))
    (local.set $third (i32.add (local.get $second) (local.get $stride)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 4))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (call $transpose
          (call $floats (local.get $bytes))
          (call $floats (i32.add (local.get $bytes) (local.get $stride)))
          (call $floats (i32.add (local.get $bytes) (local.get $second)))
          (call $floats (i32.add (local.get $bytes) (local.get $third)))
          (local.get $target))
        (local.set $bytes (i32.add (local.get $bytes) (i32.const 4)))
        (local.set $target (i32.add (local.get $target) (i32.const 64)))
        (br $four))))

  ;; The same of rows of 32-bit floats.
  (func (export "columnsOf") (param $source i32) (param $stride i32) (param $count i32) (param $target i32)
    (local $second i32) (local $third i32) (local $end i32)
    (local.set $second (i32.shl (local.get $stride) (i32.const 1)))
    (local.set $third (i32.add (local.get $second) (local.get $stride)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 4))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (call $transpose
          (v128.load (local.get $source))
          (v128.load (i32.add (local.get $source) (local.get $stride)))
          (v128.load (i32.add (local.get $source) (local.get $second)))
          (v128.load (i32.add (local.get $source) (local.get $third)))
          (local.get $target))
        (local.set $source (i32.add (local.get $source) (i32.const 16)))
        (local.set $target (i32.add (local.get $target) (i32.const 64)))
        (br $four))))

  ;; Weighted sums along four rows given by columns. $first: for each of $count sums the byte where its first column lies
  ;; in $columns (i32); $weights: $taps for each (f32). The rows of sums are $stride bytes apart.
  (func (export "shorten") (param $columns i32) (param $first i32) (param $count i32) (param $taps i32)
      (param $weights i32) (param $target i32) (param $stride i32)
    (local $sum v128) (local $at i32) (local $end i32) (local $stop i32)
    (local.set $end (i32.add (local.get $first) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $taps (i32.shl (local.get $taps) (i32.const 2)))
    (block $done
      (loop $sum
        (br_if $done (i32.ge_u (local.get $first) (local.get $end)))
        (local.set $at (i32.add (local.get $columns) (i32.load (local.get $first))))
        (local.set $stop (i32.add (local.get $weights) (local.get $taps)))
        (local.set $sum (f32x4.mul (v128.load (local.get $at)) (v128.load32_splat (local.get $weights))))
        (if (i32.eq (local.get $taps) (i32.const 12))
          (then
            ;; What is shrunk by less than half has three.
            (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul
              (v128.load offset=16 (local.get $at)) (v128.load32_splat offset=4 (local.get $weights)))))
            (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul
              (v128.load offset=32 (local.get $at)) (v128.load32_splat offset=8 (local.get $weights)))))
            (local.set $weights (local.get $stop)))
          (else
            (block $enough
              (loop $tap
                (br_if $enough (i32.ge_u
                  (local.tee $weights (i32.add (local.get $weights) (i32.const 4))) (local.get $stop)))
                (local.set $at (i32.add (local.get $at) (i32.const 16)))
                (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul
                  (v128.load (local.get $at)) (v128.load32_splat (local.get $weights)))))
                (br $tap)))))
        (v128.store32_lane 0 (local.get $target) (local.get $sum))
        (v128.store32_lane 1 (local.tee $at (i32.add (local.get $target) (local.get $stride))) (local.get $sum))
        (v128.store32_lane 2 (local.tee $at (i32.add (local.get $at) (local.get $stride))) (local.get $sum))
        (v128.store32_lane 3 (i32.add (local.get $at) (local.get $stride)) (local.get $sum))
        (local.set $target (i32.add (local.get $target) (i32.const 4)))
        (local.set $first (i32.add (local.get $first) (i32.const 4)))
        (br $sum))))

  ;; The weighted sum of $taps rows of $count 32-bit floats, $stride bytes apart; reads and writes up to seven values more.
  (func (export "sumRows") (param $source i32) (param $stride i32) (param $taps i32) (param $weights i32)
      (param $count i32) (param $target i32)
    (local $end i32) (local $stop i32) (local $at i32) (local $weight i32) (local $factor v128)
    (local $left v128) (local $right v128)
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $stop (i32.add (local.get $weights) (i32.shl (local.get $taps) (i32.const 2))))
    (loop $eight
      (local.set $at (local.get $source))
      (local.set $factor (v128.load32_splat (local.tee $weight (local.get $weights))))
      (local.set $left (f32x4.mul (v128.load (local.get $at)) (local.get $factor)))
      (local.set $right (f32x4.mul (v128.load offset=16 (local.get $at)) (local.get $factor)))
      (block $enough
        (loop $tap
          (br_if $enough (i32.ge_u
            (local.tee $weight (i32.add (local.get $weight) (i32.const 4))) (local.get $stop)))
          (local.set $at (i32.add (local.get $at) (local.get $stride)))
          (local.set $factor (v128.load32_splat (local.get $weight)))
          (local.set $left (f32x4.add (local.get $left) (f32x4.mul (v128.load (local.get $at)) (local.get $factor))))
          (local.set $right (f32x4.add (local.get $right)
            (f32x4.mul (v128.load offset=16 (local.get $at)) (local.get $factor))))
          (br $tap)))
      (v128.store (local.get $target) (local.get $left))
      (v128.store offset=16 (local.get $target) (local.get $right))
      (local.set $source (i32.add (local.get $source) (i32.const 32)))
      (br_if $eight (i32.lt_u
        (local.tee $target (i32.add (local.get $target) (i32.const 32))) (local.get $end)))))

  ;; Adds $share times a row of $count 32-bit floats to another; adds up to three values more.
  (func $addRow (export "addRow") (param $source i32) (param $count i32) (param $share f32) (param $target i32)
    (local $end i32) (local $factor v128)
    (local.set $factor (f32x4.splat (local.get $share)))
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (loop $four
      (v128.store (local.get $target) (f32x4.add
        (v128.load (local.get $target))
        (f32x4.mul (v128.load (local.get $source)) (local.get $factor))))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $four (i32.lt_u
        (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  ;; Eight columns of the product of a row of $inner 64-bit floats and a matrix whose rows are $stride bytes apart.
  (func $productOfEight (param $left i32) (param $end i32) (param $right i32) (param $stride i32) (param $target i32)
    (local $factor v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $term
      (local.set $factor (v128.load64_splat (local.get $left)))
      (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $factor) (v128.load (local.get $right)))))
      (local.set $b (f64x2.add (local.get $b) (f64x2.mul (local.get $factor) (v128.load offset=16 (local.get $right)))))
      (local.set $c (f64x2.add (local.get $c) (f64x2.mul (local.get $factor) (v128.load offset=32 (local.get $right)))))
      (local.set $d (f64x2.add (local.get $d) (f64x2.mul (local.get $factor) (v128.load offset=48 (local.get $right)))))
      (local.set $right (i32.add (local.get $right) (local.get $stride)))
      (br_if $term (i32.lt_u
        (local.tee $left (i32.add (local.get $left) (i32.const 8))) (local.get $end))))
    (v128.store (local.get $target) (local.get $a))
    (v128.store offset=16 (local.get $target) (local.get $b))
    (v128.store offset=32 (local.get $target) (local.get $c))
    (v128.store offset=48 (local.get $target) (local.get $d)))

  ;; $left: $rows × $inner, $right: $inner × $count, $target: $rows × $count, all 64-bit floats, row by row; $count a
  ;; multiple of eight.
  (func (export "product") (param $left i32) (param $rows i32) (param $inner i32) (param $right i32) (param $count i32)
      (param $target i32)
    (local $column i32) (local $stride i32) (local $next i32)
    (local.set $stride (i32.shl (local.get $count) (i32.const 3)))
    (loop $row
      (local.set $next (i32.add (local.get $left) (i32.shl (local.get $inner) (i32.const 3))))
      (local.set $column (i32.const 0))
      (loop $columns
        (call $productOfEight (local.get $left) (local.get $next)
          (i32.add (local.get $right) (local.get $column)) (local.get $stride) (local.get $target))
        (local.set $target (i32.add (local.get $target) (i32.const 64)))
        (br_if $columns (i32.lt_u
          (local.tee $column (i32.add (local.get $column) (i32.const 64))) (local.get $stride))))
      (local.set $left (local.get $next))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
