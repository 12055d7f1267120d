;; Never ends, inside a component.
(component
  (core module $step
    (memory (export "memory") 32)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i32)
      (loop $again (br $again))
      unreachable))
  (core instance $i (instantiate $step))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc")))))
