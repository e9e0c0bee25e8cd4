;; What precedes and follows the decoding of a JPEG's scan: the bytes as they lie in the file, and pixels. Its assembled
;; form stands in jpeg-bytes-kernel.ts.
(module
  (import "env" "memory" (memory 512))

  ;; Copies a scan's bytes without what is stuffed after 0xFF, up to the first marker, and swaps the bytes of each 32-bit
  ;; word. Returns where in the source the marker is. There must be one: the caller writes it behind the file.
  (func (export "unstuff") (param $source i32) (param $target i32) (param $length i32) (result i32)
    (local $bytes v128) (local $mask i32) (local $start i32)
    (local.set $start (local.get $target))
    (block $marker
      (loop $next
        (v128.store (local.get $target) (local.tee $bytes (v128.load (local.get $source))))
        (local.set $mask (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 255)))))
        (if (i32.eqz (local.get $mask))
          (then
            (local.set $source (i32.add (local.get $source) (i32.const 16)))
            (local.set $target (i32.add (local.get $target) (i32.const 16)))
            (br $next)))
        (local.set $mask (i32.ctz (local.get $mask)))
        (local.set $source (i32.add (local.get $source) (local.get $mask)))
        (local.set $target (i32.add (local.get $target) (local.get $mask)))
        (br_if $marker (i32.load8_u offset=1 (local.get $source)))
        (local.set $source (i32.add (local.get $source) (i32.const 2)))
        (local.set $target (i32.add (local.get $target) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $length) (i32.sub (local.get $target) (local.get $start)))
    ;; Beyond the end a decoder sees zeros, as many as it may read ahead.
    (v128.store (local.get $target) (v128.const i64x2 0 0))
    (loop $swap
      (v128.store (local.get $start)
        (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12
          (v128.load (local.get $start)) (v128.load (local.get $start))))
      (br_if $swap (i32.le_u
        (local.tee $start (i32.add (local.get $start) (i32.const 16))) (local.get $target))))
    (local.get $source))

  ;; Writes $count RGB pixels from a row of luma and one of each chroma (ITU-T T.871), which has every other sample alone
  ;; where $shared is not 0; writes up to 16 bytes more.
  (func (export "rgbRow") (param $luma i32) (param $blue i32) (param $red i32) (param $shared i32) (param $count i32)
      (param $target i32)
    (local $end i32) (local $step i32) (local $places v128) (local $chroma v128) (local $base v128)
    (local.set $end (i32.add (local.get $luma) (local.get $count)))
    (local.set $step (select (i32.const 2) (i32.const 4) (local.get $shared)))
    (local.set $places (select
      (v128.const i8x16 0 -1 4 -1 0 -1 4 -1 1 -1 5 -1 1 -1 5 -1)
      (v128.const i8x16 0 -1 4 -1 1 -1 5 -1 2 -1 6 -1 3 -1 7 -1)
      (local.get $shared)))
    (loop $four
      (local.set $chroma (i16x8.sub
        (i8x16.swizzle
          (v128.load32_lane 1 (local.get $red) (v128.load32_zero (local.get $blue)))
          (local.get $places))
        (v128.const i16x8 128 128 128 128 128 128 128 128)))
      (local.set $base (i32x4.add (v128.const i32x4 8192 8192 8192 8192) (i32x4.shl
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $luma)))) (i32.const 14))))
      (v128.store (local.get $target) (i8x16.swizzle
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (i32x4.add (local.get $base) (i32x4.dot_i16x8_s (local.get $chroma)
              (v128.const i16x8 0 22970 0 22970 0 22970 0 22970))) (i32.const 14))
            (i32x4.shr_s (i32x4.add (local.get $base) (i32x4.dot_i16x8_s (local.get $chroma)
              (v128.const i16x8 -5638 -11700 -5638 -11700 -5638 -11700 -5638 -11700))) (i32.const 14)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (i32x4.add (local.get $base) (i32x4.dot_i16x8_s (local.get $chroma)
              (v128.const i16x8 29032 0 29032 0 29032 0 29032 0))) (i32.const 14))
            (local.get $base)))
        (v128.const i8x16 0 4 8 1 5 9 2 6 10 3 7 11 -1 -1 -1 -1)))
      (local.set $blue (i32.add (local.get $blue) (local.get $step)))
      (local.set $red (i32.add (local.get $red) (local.get $step)))
      (local.set $target (i32.add (local.get $target) (i32.const 12)))
      (br_if $four (i32.lt_u
        (local.tee $luma (i32.add (local.get $luma) (i32.const 4))) (local.get $end))))))
