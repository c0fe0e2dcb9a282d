// Original file: proto/muster/v1/session.proto


export interface Instance {
  /**
   * beyond and before those of all instances
   */
  'variables'?: ({[key: string]: string});
}

export interface Instance__Output {
  /**
   * beyond and before those of all instances
   */
  'variables': ({[key: string]: string});
}
