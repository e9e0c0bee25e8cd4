;; What precedes the decoding of a JPEG's scan: the bytes as they lie in the file. Its assembled form stands in
;; jpeg-bytes-kernel.ts.
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
    (local.get $source)))
