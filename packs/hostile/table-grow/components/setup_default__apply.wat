;; Asks for ten thousand table elements at a time, for ever.
(module
  (memory (export "memory") 1)
  (table $t 0 funcref)
  (func (export "run") (param i32 i32) (result i32 i32)
    (loop $again
      (drop (table.grow $t (ref.null func) (i32.const 10000)))
      (br $again))
    unreachable))
